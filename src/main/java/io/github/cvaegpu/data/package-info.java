// SPDX-License-Identifier: Apache-2.0
/**
 * Images: where they come from and in which order a training sees them.
 *
 * <p>{@link DatasetLoader} finds a dataset in a folder, fetches it or makes the synthetic digits;
 * {@link IdxFile} reads the format; {@link ImageSet} is what engines get and {@link BatchOrder} the
 * order of an epoch. What is read here may come from others, so sizes are believed only as far as
 * the bytes go.
 */
package io.github.cvaegpu.data;
