// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.random.Philox;

/**
 * Images that a model drew, each pixel black or white, and the latent points that it drew them
 * from: of such an image, that point is one of its true posterior.
 */
final class SimulatedImages {
  private static final byte WHITE = (byte) 255;

  private final ImageSet images;
  private final double[] z;

  private SimulatedImages(ImageSet images, double[] z) {
    this.images = images;
    this.z = z;
  }

  /**
   * Draws images.
   *
   * @param parameters all of the network's; not copied
   * @param size of the images
   */
  static SimulatedImages draw(
      ParameterLayout layout, float[] parameters, ImageSize size, int count, long seed) {
    var noise = new AnnealingNoise(seed, AnnealingNoise.Stage.SIMULATION);
    int latent = layout.shape().latent();
    double[] z = new double[count * latent];
    float[] point = new float[latent];
    for (int i = 0; i < count; i++) {
      noise.normals(0, i, 0, point);
      for (int j = 0; j < latent; j++) {
        z[i * latent + j] = point[j];
      }
    }
    var decoder = new LogitTile(layout, parameters, count);
    decoder.decode(z);
    int pixels = layout.shape().inputs();
    byte[] drawn = new byte[Math.multiplyExact(count, pixels)];
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < count; i++) {
      for (int p = 0; p < pixels; p++) {
        if (p % Philox.BLOCK == 0) {
          noise.words(p / Philox.BLOCK, 0, i, 0, words);
        }
        double mean = Likelihood.BERNOULLI.mean(decoder.logits()[p][i]);
        boolean isWhite = Philox.uniform(words[p % Philox.BLOCK]) < mean;
        drawn[i * pixels + p] = isWhite ? WHITE : 0;
      }
    }
    return new SimulatedImages(
        ImageSet.withoutLabels(size.height(), size.width(), drawn, count), z);
  }

  /** The images, without labels. */
  ImageSet images() {
    return images;
  }

  /** (images, latent) where they were drawn from. */
  double[] z() {
    return z;
  }
}
