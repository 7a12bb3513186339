// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.function.IntConsumer;

/**
 * Scores images with a model. The noise of sample k of image i is addressed by (seed, i, k), so
 * figures do not depend on how images and samples are cut into chunks.
 */
public final class Evaluator {
  /** Latent points drawn and scored at a time: enough to keep an engine busy, little memory. */
  private static final int CHUNK = 8192;

  private final VaeModel model;
  private final int latent;
  private final long seed;

  /**
   * @param model that scores
   * @param seed seed of the evaluation noise
   */
  public Evaluator(VaeModel model, long seed) {
    this.model = model;
    latent = model.shape().latent();
    this.seed = seed;
  }

  /**
   * Scores a set of images.
   *
   * @param images images of the model's input size
   * @param samples latent points an image, from 1
   */
  public Evaluation evaluate(ImageSet images, int samples) {
    return score(images, samples).evaluation();
  }

  /**
   * Scores every image of a set.
   *
   * @param images images of the model's input size
   * @param samples latent points an image, from 1
   */
  public ImageScores score(ImageSet images, int samples) {
    return score(images, samples, done -> {});
  }

  /**
   * Scores every image of a set.
   *
   * @param images images of the model's input size
   * @param samples latent points an image, from 1
   * @param progress told now and then how many images are done
   */
  public ImageScores score(ImageSet images, int samples, IntConsumer progress) {
    if (samples < 1) {
      throw new IllegalArgumentException("samples: " + samples);
    }
    var scores = new ImageScores(images.size(), samples);
    int imagesAtATime = Math.max(1, CHUNK / samples);
    for (int first = 0; first < images.size(); first += imagesAtATime) {
      int count = Math.min(imagesAtATime, images.size() - first);
      new Chunk(first, count, samples).score(images, scores);
      progress.accept(first + count);
    }
    return scores;
  }

  /**
   * Images that are scored together, or one whose samples are drawn in parts: of samples that were
   * drawn, only their weights are kept.
   */
  private final class Chunk {
    private final int first;
    private final int count;
    private final int samples;
    private final float[] mean;
    private final float[] logVariance;

    /** (count) halves of the sums of log variances. */
    private final double[] halfLogVariance;

    /** (count) sums of losses over samples. */
    private final double[] lossSum;

    /** (count, samples). */
    private final double[] logWeights;

    Chunk(int first, int count, int samples) {
      this.first = first;
      this.count = count;
      this.samples = samples;
      mean = new float[count * latent];
      logVariance = new float[count * latent];
      halfLogVariance = new double[count];
      lossSum = new double[count];
      logWeights = new double[count * samples];
    }

    void score(ImageSet images, ImageScores scores) {
      model.encode(images, first, count, mean, logVariance);
      for (int j = 0; j < logVariance.length; j++) {
        halfLogVariance[j / latent] += 0.5 * (double) logVariance[j];
      }
      for (int drawn = 0; drawn < samples; drawn += CHUNK) {
        weigh(images, drawn, Math.min(CHUNK, samples - drawn));
      }
      for (int i = 0; i < count; i++) {
        score(i, scores);
      }
    }

    /** Draws samples and weighs them: all of each image, or a part of those of one. */
    private void weigh(ImageSet images, int from, int those) {
      float[] noise = new float[count * those * latent];
      float[] z = new float[noise.length];
      float[] loss = new float[count * those];
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < those; k++) {
          int at = (i * those + k) * latent;
          GaussianNoise.row(
              seed, RandomPurpose.EVALUATION_NOISE, from + k, first + i, noise, at, latent);
          for (int j = 0; j < latent; j++) {
            double deviation = Math.exp(logVariance[i * latent + j] / 2);
            z[at + j] = (float) (mean[i * latent + j] + deviation * noise[at + j]);
          }
        }
      }
      model.reconstructionLoss(images, first, count, those, z, loss);
      for (int sample = 0; sample < loss.length; sample++) {
        int image = sample / those;
        lossSum[image] += loss[sample];
        // log p(x|z) + log p(z) - log q(z|x); the two normal densities share their constant.
        double ratio = halfLogVariance[image];
        for (int j = sample * latent; j < (sample + 1) * latent; j++) {
          ratio += 0.5 * ((double) noise[j] * noise[j] - (double) z[j] * z[j]);
        }
        logWeights[image * samples + from + sample % those] = ratio - loss[sample];
      }
    }

    private void score(int image, ImageScores scores) {
      double divergence = 0;
      for (int j = image * latent; j < (image + 1) * latent; j++) {
        double m = mean[j];
        double s = logVariance[j];
        divergence += 0.5 * (m * m + Math.exp(s) - s - 1);
      }
      int end = (image + 1) * samples;
      // The largest is taken out, so that no exponential overflows.
      double largest = Double.NEGATIVE_INFINITY;
      for (int k = image * samples; k < end; k++) {
        largest = Math.max(largest, logWeights[k]);
      }
      double sum = 0;
      double squares = 0;
      for (int k = image * samples; k < end; k++) {
        double scaled = Math.exp(logWeights[k] - largest);
        sum += scaled;
        squares += scaled * scaled;
      }
      scores.set(
          first + image,
          lossSum[image] / samples,
          divergence,
          largest + Math.log(sum / samples),
          sum * sum / squares);
    }
  }
}
