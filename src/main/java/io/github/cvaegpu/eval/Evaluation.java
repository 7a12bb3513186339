// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import com.google.gson.annotations.SerializedName;

/**
 * How well a model explains a set of images. All figures are nats per image with beta = 1: ELBO =
 * -(RL + KL). In JSON, RL and KL are {@code rl} and {@code kl}, as in {@code metrics.csv}; files of
 * version 0.1.0 have them by their long names.
 *
 * @param images number of images
 * @param samples latent points drawn for each image
 * @param reconstructionLoss RL, averaged over an image's samples
 * @param klDivergence KL of posterior and prior, in closed form
 * @param elbo evidence lower bound
 * @param importanceWeightedBound the bound L_K of Y. Burda, R. Grosse, R. Salakhutdinov,
 *     "Importance weighted autoencoders", ICLR 2016, with K = samples: log of the mean importance
 *     weight
 * @param effectiveSampleSize (sum w)^2 / sum w^2 of the importance weights, averaged over images;
 *     from 1 to {@code samples}
 */
public record Evaluation(
    int images,
    int samples,
    @SerializedName(value = "rl", alternate = "reconstruction_loss") Estimate reconstructionLoss,
    @SerializedName(value = "kl", alternate = "kl_divergence") Estimate klDivergence,
    Estimate elbo,
    Estimate importanceWeightedBound,
    double effectiveSampleSize) {}
