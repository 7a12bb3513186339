// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/**
 * What a training step came to: a row of {@code metrics.csv}.
 *
 * @param step steps of the run that are done, this one included
 * @param epoch the epoch it belongs to, from 1
 * @param rl reconstruction loss, nats per image
 * @param kl KL divergence, nats per image
 * @param beta the beta that the step used
 */
public record StepReport(long step, int epoch, float rl, float kl, float beta) {}
