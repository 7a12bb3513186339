// SPDX-License-Identifier: Apache-2.0
/**
 * Images: where they come from and in which order a training sees them.
 *
 * <p>{@link DatasetLoader} lists every {@link ImageSource}: a format of files, a published dataset,
 * or the program itself, which draws digits and sprites. {@link IdxFile}, {@link Picture} and
 * {@link NpyReader} read the formats; {@link Reading} is how, {@link Parts} what comes of it, in
 * one part or two; {@link ImageSet} is what engines get and {@link BatchOrder} the order of an
 * epoch, {@link Binarization} makes black and white ones of grey ones. What is read here may come
 * from others, so sizes are believed only as far as the bytes go.
 */
package io.github.cvaegpu.data;
