// SPDX-License-Identifier: Apache-2.0
/**
 * The network as numbers: its sizes, the place of every tensor in one flat array, and its initial
 * weights.
 *
 * <p>{@link VaeShape} is the architecture, {@link ParameterLayout} the order that engines,
 * checkpoints and PyTorch agree on, and {@link InitialWeights} what a seed makes of them. {@link
 * Decoder} runs half of the network in plain Java, for pictures.
 */
package io.github.cvaegpu.model;
