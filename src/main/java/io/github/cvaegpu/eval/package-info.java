// SPDX-License-Identifier: Apache-2.0
/**
 * What a trained model is worth: the ELBO, a tighter bound by importance weights, log p(x) itself
 * for a small latent space, and measures of the latent space.
 *
 * <p>{@link Evaluator} runs a model over a set of images and gives an {@link Evaluation}; {@link
 * ExactLikelihood} integrates over the latent points, {@link AnnealedLikelihood} anneals where
 * there are too many dimensions for that; the measures beside it are plain functions of posterior
 * means and log variances. Where it is known how images were made, {@link Disentanglement} has the
 * scores of how far each dimension is about one factor. Everything is in nats per image, with beta
 * = 1 in the ELBO.
 */
package io.github.cvaegpu.eval;
