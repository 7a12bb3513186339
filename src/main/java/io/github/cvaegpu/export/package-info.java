// SPDX-License-Identifier: Apache-2.0
/**
 * A trained model for other programs: its network in ONNX, and its weights in a folder of
 * safetensors with all that says what they are.
 *
 * <p>What of both depends on the likelihood is in {@link PixelMean} alone.
 */
package io.github.cvaegpu.export;
