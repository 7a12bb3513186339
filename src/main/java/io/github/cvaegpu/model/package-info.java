// SPDX-License-Identifier: Apache-2.0
/**
 * The network as numbers: its sizes, the place of every tensor in one flat array, its initial
 * weights, and what its outputs are judged by.
 *
 * <p>{@link VaeShape} is the architecture, {@link ParameterLayout} the order that engines,
 * checkpoints and PyTorch agree on, and {@link InitialWeights} what a seed makes of them. {@link
 * Likelihood} has a pixel's loss, gradient and mean, and {@link Objective} says which one a network
 * is trained for. {@link Decoder} runs half of the network in plain Java, for pictures.
 */
package io.github.cvaegpu.model;
