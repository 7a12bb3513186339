// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.random.Philox;
import java.util.Arrays;
import java.util.Locale;

/**
 * Chains that walk through the latent space together, each by Hamiltonian Monte Carlo under p(z)
 * p(x|z)^beta of its own image: R. Neal, "MCMC using Hamiltonian dynamics", Handbook of Markov
 * chain Monte Carlo, 2011. A move leaves that density as it is, whatever the size of its steps and
 * however exact the gradients are, as it is refused as often as the energies say.
 */
final class Walkers {
  /**
   * Leapfrog steps of a move. Wu et al. have 10; but for as many gradients, twice the temperatures
   * with half of these bring the bounds of {@link AnnealedLikelihood.Check} closer.
   */
  static final int LEAPFROG_STEPS = 2;

  /**
   * By how much a move's step size is off the one given, up or down: of one size, moves through a
   * density that is nearly normal can end where they began.
   */
  private static final double JITTER = 0.2;

  private final LatentGradient.Room room;
  private final AnnealingNoise noise;
  private final int latent;
  private final int[] images;
  private final int[] chains;

  // (points, latent) where chains are, and (points) and (points, latent) what is known of it.
  private final double[] z;
  private final double[] logLikelihood;
  private final double[] gradient;

  // The same of where a move goes.
  private final double[] toZ;
  private final double[] toLogLikelihood;
  private final double[] toGradient;
  private final double[] momentum;
  private final double[] energy;
  private final double[] size;
  private final double[] probability;

  private final float[] normals;
  private final int[] words = new int[Philox.BLOCK];

  /**
   * @param images (points) of each chain its image
   * @param chains (points) its number among those of its image
   */
  Walkers(LatentGradient likelihood, AnnealingNoise noise, int[] images, int[] chains) {
    this.noise = noise;
    this.images = images;
    this.chains = chains;
    room = likelihood.room(images);
    latent = likelihood.latent();
    int points = images.length;
    z = new double[points * latent];
    logLikelihood = new double[points];
    gradient = new double[z.length];
    toZ = new double[z.length];
    toLogLikelihood = new double[points];
    toGradient = new double[z.length];
    momentum = new double[z.length];
    energy = new double[points];
    size = new double[points];
    probability = new double[points];
    normals = new float[latent];
  }

  /** Sets each chain down at a point of the prior. */
  void startAtPrior() {
    for (int p = 0; p < images.length; p++) {
      noise.normals(0, images[p], chains[p], normals);
      for (int j = 0; j < latent; j++) {
        z[p * latent + j] = normals[j];
      }
    }
    look();
  }

  /**
   * Sets each chain down at its image's point.
   *
   * @param points (images, latent)
   */
  void startAt(double[] points) {
    for (int p = 0; p < images.length; p++) {
      System.arraycopy(points, images[p] * latent, z, p * latent, latent);
    }
    look();
  }

  private void look() {
    room.at(z, logLikelihood, gradient);
    for (int p = 0; p < images.length; p++) {
      if (!(logLikelihood[p] <= Double.MAX_VALUE)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "The decoder's likelihood of an image is no number at z = %s, so there is nothing"
                    + " to anneal.",
                Arrays.toString(Arrays.copyOfRange(z, p * latent, (p + 1) * latent))));
      }
    }
  }

  /** Number of chains. */
  int size() {
    return images.length;
  }

  /** (points) log p(x|z) where the chains are. */
  double[] logLikelihood() {
    return logLikelihood;
  }

  /** (points) probabilities that the last move's goals were taken with. */
  double[] probability() {
    return probability;
  }

  /**
   * Moves each chain.
   *
   * @param step names the random numbers; from 1
   * @param beta power of the likelihood
   * @param sizes (points) of a leapfrog step
   */
  void move(int step, double beta, double[] sizes) {
    System.arraycopy(z, 0, toZ, 0, z.length);
    for (int p = 0; p < images.length; p++) {
      noise.normals(step, images[p], chains[p], normals);
      noise.words(0, step, images[p], chains[p], words);
      size[p] = sizes[p] * (1 + JITTER * (2 * Philox.uniform(words[1]) - 1));
      for (int j = 0; j < latent; j++) {
        momentum[p * latent + j] = normals[j];
      }
      energy[p] = energy(p, z, beta * logLikelihood[p]);
    }
    push(0.5, beta, gradient);
    for (int leap = 1; leap <= LEAPFROG_STEPS; leap++) {
      for (int i = 0; i < toZ.length; i++) {
        toZ[i] += size[i / latent] * momentum[i];
      }
      room.at(toZ, toLogLikelihood, toGradient);
      push(leap < LEAPFROG_STEPS ? 1 : 0.5, beta, toGradient);
    }
    for (int p = 0; p < images.length; p++) {
      choose(p, step, beta);
    }
  }

  /** Momentum by the slope of the energy, for a part of a step. */
  private void push(double part, double beta, double[] slope) {
    for (int i = 0; i < toZ.length; i++) {
      momentum[i] += part * size[i / latent] * (beta * slope[i] - toZ[i]);
    }
  }

  private double energy(int point, double[] at, double logPower) {
    double squares = 0;
    for (int i = point * latent; i < (point + 1) * latent; i++) {
      squares += at[i] * at[i] + momentum[i] * momentum[i];
    }
    return 0.5 * squares - logPower;
  }

  private void choose(int point, int step, double beta) {
    double change = energy(point, toZ, beta * toLogLikelihood[point]) - energy[point];
    // A goal where the decoder overflows is not taken: no comparison with NaN is true.
    boolean isNumber = toLogLikelihood[point] <= Double.MAX_VALUE && !Double.isNaN(change);
    probability[point] = isNumber ? Math.min(1, Math.exp(-change)) : 0;
    noise.words(0, step, images[point], chains[point], words);
    if (Philox.uniform(words[0]) < probability[point]) {
      System.arraycopy(toZ, point * latent, z, point * latent, latent);
      System.arraycopy(toGradient, point * latent, gradient, point * latent, latent);
      logLikelihood[point] = toLogLikelihood[point];
    }
  }
}
