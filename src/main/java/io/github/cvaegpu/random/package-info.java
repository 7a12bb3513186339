// SPDX-License-Identifier: Apache-2.0
/**
 * Random numbers that are addressed, not drawn: Philox4x32-10 at (seed, purpose, counter).
 *
 * <p>{@link Philox} is the generator, {@link RandomPurpose} the list of what numbers are for. A
 * number depends on its address alone, so neither threads nor an interruption can change it, and
 * the kernels compute the same words.
 */
package io.github.cvaegpu.random;
