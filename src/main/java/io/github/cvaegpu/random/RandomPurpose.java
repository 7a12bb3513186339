// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.random;

/**
 * What random numbers are for. Numbers for different purposes never coincide, so adding draws to
 * one does not move those of another.
 */
public enum RandomPurpose {
  /** Initial weights. Coordinates: block of four parameters, tensor index, 0. */
  INITIAL_WEIGHTS(1),
  /** Order of the images in an epoch. Coordinates: block of four words, epoch, 0. */
  BATCH_ORDER(2),
  /** Reparameterization noise of a training step. See {@link GaussianNoise}. */
  TRAINING_NOISE(3),
  /** Reparameterization noise of an evaluation. See {@link GaussianNoise}. */
  EVALUATION_NOISE(4),
  /** The built-in synthetic digits. Coordinates: block of four words, image index, split. */
  SYNTHETIC_DIGITS(5),
  /** Latent points of pictures, from the prior. See {@link GaussianNoise}. */
  PRIOR_SAMPLES(6),
  /** Which images a picture shows. Coordinates: as of {@link #BATCH_ORDER}. */
  SHOWN_IMAGES(7),
  /** Annealed importance sampling; its coordinates are those of {@code eval.AnnealingNoise}. */
  ANNEALING(8),
  /** Which sprites are held out. Coordinates: as of {@link #BATCH_ORDER}. */
  SPRITE_ORDER(9),
  /** Images of the FactorVAE score. Coordinates: block of four words, vote, training or scored. */
  FACTOR_VOTES(10),
  /**
   * Order of the user's own images, of which the last may be held out. Coordinates: as of {@link
   * #BATCH_ORDER}, with the part in place of the epoch.
   */
  OWN_IMAGES(11),
  /** Where the parts of a mixture begin. Coordinates: part, 0, 0. */
  MIXTURE_STARTS(12),
  /** Which part of a mixture a sample is of. Coordinates: sample, 0, 0. */
  MIXTURE_PARTS(13),
  /** Latent points from a mixture. See {@link GaussianNoise}; step 0, row sample. */
  MIXTURE_SAMPLES(14),
  /** Which training images are held out to validate on. Coordinates: as of {@link #BATCH_ORDER}. */
  VALIDATION_IMAGES(15),
  /**
   * Black or white in place of grey. Coordinates: block of four pixels of an image, image index, 0
   * for images that are only looked at, or 1 more than the epoch, from 0, that trains on them.
   */
  BINARIZATION(16),
  /** What a random sweep tries. Coordinates: block of four settings, combination, 0. */
  SWEEP(17);

  private final int id;

  RandomPurpose(int id) {
    this.id = id;
  }

  /**
   * The counter word that sets this purpose apart. Part of the numbers' definition: never reused.
   */
  public int id() {
    return id;
  }
}
