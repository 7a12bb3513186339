// SPDX-License-Identifier: Apache-2.0
/**
 * The library: what another program may use, and all that it may. Everything else in this jar can
 * change from one version to the next; what is here changes by the rules of semantic versioning
 * (https://semver.org).
 *
 * <p>A {@link Device} computes. A {@link Model} on it encodes, decodes, scores and samples; it is
 * opened from what {@code train} left behind, or from what {@code export --safetensors} wrote. A
 * {@link Training} trains by a {@link Plan}, into a run directory that every command of the program
 * takes too. Losses are in nats per image throughout.
 *
 * <p>What is asked for and cannot be had is a {@link CvaeGpuException} with a sentence for people.
 * A mistake in the calling program, as an array of a wrong length, is an {@link
 * IllegalArgumentException}, or an {@link IllegalStateException}: what is used after it was closed,
 * or a controller whose beta no step can use.
 *
 * <p>A JVM that is to use native code without a warning needs {@code
 * --enable-native-access=ALL-UNNAMED}.
 */
package io.github.cvaegpu.api;
