// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.Factors;
import io.github.cvaegpu.data.Factors.Factor;
import io.github.cvaegpu.data.ImageSet;
import java.util.List;
import java.util.function.Function;

/** Posteriors whose means are a function of an image's factors. */
final class Codes {
  /** Of each combination one image: 1800. */
  static final List<Factor> FACTORS =
      List.of(
          new Factor("kind", 3, false),
          new Factor("size", 4, true),
          new Factor("turn", 6, true),
          new Factor("x", 5, true),
          new Factor("y", 5, true));

  private Codes() {}

  /** One image of each combination, with these means. */
  static Posterior of(Function<int[], float[]> code) {
    int images = FACTORS.stream().mapToInt(Factor::size).reduce(1, (a, b) -> a * b);
    byte[] values = new byte[images * FACTORS.size()];
    float[][] means = new float[images][];
    for (int i = 0; i < images; i++) {
      int[] image = new int[FACTORS.size()];
      int left = i;
      for (int factor = 0; factor < image.length; factor++) {
        image[factor] = left % FACTORS.get(factor).size();
        left /= FACTORS.get(factor).size();
        values[i * image.length + factor] = (byte) image[factor];
      }
      means[i] = code.apply(image);
    }
    return posterior(FACTORS, values, means);
  }

  /** Images with these factors and means. */
  static Posterior posterior(List<Factor> factors, byte[] values, float[][] means) {
    int latent = means[0].length;
    float[] all = new float[means.length * latent];
    for (int i = 0; i < means.length; i++) {
      System.arraycopy(means[i], 0, all, i * latent, latent);
    }
    ImageSet images =
        ImageSet.withoutLabels(1, 1, new byte[means.length], means.length)
            .withFactors(new Factors(factors, values));
    return Posterior.of(images, latent, all, new float[all.length]);
  }

  /** Every factor in a dimension of its own. */
  static float[] each(int[] values) {
    float[] means = new float[values.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = values[i];
    }
    return means;
  }
}
