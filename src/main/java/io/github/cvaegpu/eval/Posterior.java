// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What an encoder makes of a set of images: a normal distribution with independent dimensions for
 * each.
 */
public final class Posterior {
  /** Images encoded at a time. */
  private static final int CHUNK = 4096;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final ImageSet images;
  private final int latent;
  private final float[] mean;
  private final float[] logVariance;

  private Posterior(ImageSet images, int latent, float[] mean, float[] logVariance) {
    this.images = images;
    this.latent = latent;
    this.mean = mean;
    this.logVariance = logVariance;
  }

  /**
   * Encodes every image of a set.
   *
   * @param model that encodes
   * @param images images of the model's input size
   */
  public static Posterior of(VaeModel model, ImageSet images) {
    return of(model, images, done -> {});
  }

  /**
   * The same, for work that shows how far it is.
   *
   * @param model that encodes
   * @param images images of the model's input size
   * @param progress told now and then how many images are done, and in the end of all
   */
  public static Posterior of(VaeModel model, ImageSet images, IntConsumer progress) {
    int latent = model.shape().latent();
    float[] mean = new float[Math.multiplyExact(images.size(), latent)];
    float[] logVariance = new float[mean.length];
    for (int first = 0; first < images.size(); first += CHUNK) {
      int count = Math.min(CHUNK, images.size() - first);
      float[] chunkMean = new float[count * latent];
      float[] chunkLogVariance = new float[count * latent];
      model.encode(images, first, count, chunkMean, chunkLogVariance);
      System.arraycopy(chunkMean, 0, mean, first * latent, chunkMean.length);
      System.arraycopy(chunkLogVariance, 0, logVariance, first * latent, chunkLogVariance.length);
      progress.accept(first + count);
    }
    return new Posterior(images, latent, mean, logVariance);
  }

  /** A posterior from its numbers, each (images, latent). */
  static Posterior of(ImageSet images, int latent, float[] mean, float[] logVariance) {
    if (mean.length != images.size() * latent || logVariance.length != mean.length) {
      throw new IllegalArgumentException("not (images, latent)");
    }
    return new Posterior(images, latent, mean, logVariance);
  }

  /** The images, which have the labels. */
  public ImageSet images() {
    return images;
  }

  /** Number of images. */
  public int size() {
    return images.size();
  }

  /** Latent dimensions. */
  public int latent() {
    return latent;
  }

  /** Mean of one dimension for one image. */
  public float mean(int image, int dimension) {
    return mean[image * latent + dimension];
  }

  /** The means of all images, (images, latent). */
  public float[] means() {
    return mean.clone();
  }

  /** All means of one image, (latent). */
  public float[] mean(int image) {
    return Arrays.copyOfRange(mean, image * latent, (image + 1) * latent);
  }

  /** All log variances of one image, (latent). */
  public float[] logVariance(int image) {
    return Arrays.copyOfRange(logVariance, image * latent, (image + 1) * latent);
  }

  /** Log variance of one dimension for one image. */
  public float logVariance(int image, int dimension) {
    return logVariance[image * latent + dimension];
  }

  /** KL divergence of one image's posterior and the prior, in closed form, nats. */
  double klDivergence(int image) {
    double sum = 0;
    for (int j = 0; j < latent; j++) {
      double m = mean(image, j);
      double s = logVariance(image, j);
      sum += 0.5 * (m * m + Math.exp(s) - s - 1);
    }
    return sum;
  }

  /** A point of one image's posterior, (latent): that of its first sample in an evaluation. */
  float[] draw(int image, long seed) {
    float[] z = new float[latent];
    GaussianNoise.row(seed, RandomPurpose.EVALUATION_NOISE, 0, image, z, 0, latent);
    for (int j = 0; j < latent; j++) {
      double deviation = Math.exp(logVariance(image, j) / 2.0);
      z[j] = (float) (mean(image, j) + deviation * z[j]);
    }
    return z;
  }

  /** Reciprocal of the variance of each image's dimensions, (images, latent), for densities. */
  double[] precisions() {
    double[] precisions = new double[logVariance.length];
    for (int i = 0; i < precisions.length; i++) {
      precisions[i] = Math.exp(-(double) logVariance[i]);
    }
    return precisions;
  }

  /**
   * Log density of an image's posterior at a latent point.
   *
   * @param precisions those of {@link #precisions}, had once: an exponential for each pair of
   *     images and dimension would take most of the time
   */
  double logDensity(int image, float[] z, double[] precisions) {
    double sum = 0;
    for (int j = 0; j < latent; j++) {
      int at = image * latent + j;
      double difference = z[j] - mean[at];
      sum += difference * difference * precisions[at] + logVariance[at];
    }
    return -0.5 * (sum + latent * LOG_TWO_PI);
  }
}
