// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/**
 * How the validation images were scored after an epoch: means over them, one sample each, nats per
 * image. A figure that overflowed is not finite.
 *
 * @param epoch from 1
 * @param step steps of the run that are done
 * @param beta weight of the KL divergence in the epoch's last step
 * @param rl reconstruction loss
 * @param kl KL divergence
 * @param elbo -(rl + kl)
 * @param settled whether what decides beta had come to where it is to be: see {@link EarlyStopping}
 */
public record ValidationRow(
    int epoch, long step, float beta, double rl, double kl, double elbo, boolean settled) {}
