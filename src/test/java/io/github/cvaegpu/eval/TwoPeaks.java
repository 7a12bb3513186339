// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** p(x|z) of one image, of which each of two normal densities over the prior's gives one half. */
final class TwoPeaks implements LatentLikelihood {
  private final double[] one;
  private final double oneDeviation;
  private final double[] other;
  private final double otherDeviation;

  TwoPeaks(double[] one, double oneDeviation, double[] other, double otherDeviation) {
    this.one = one;
    this.oneDeviation = oneDeviation;
    this.other = other;
    this.otherDeviation = otherDeviation;
  }

  private static double logNormal(double[] z, int at, double[] mean, double deviation) {
    double square =
        (z[at] - mean[0]) * (z[at] - mean[0]) + (z[at + 1] - mean[1]) * (z[at + 1] - mean[1]);
    return -0.5 * square / (deviation * deviation) - 2 * Math.log(deviation);
  }

  @Override
  public int latent() {
    return 2;
  }

  @Override
  public int images() {
    return 1;
  }

  @Override
  public Tile tile(int points) {
    return new Tile() {
      private double[] z = new double[0];

      @Override
      public void decode(double[] taken) {
        z = taken.clone();
      }

      @Override
      public void score(int image, double[] result) {
        for (int p = 0; p < points; p++) {
          double a = logNormal(z, 2 * p, one, oneDeviation);
          double b = logNormal(z, 2 * p, other, otherDeviation);
          double most = Math.max(a, b);
          double density = most + Math.log(0.5 * (Math.exp(a - most) + Math.exp(b - most)));
          result[p] = density - logNormal(z, 2 * p, new double[2], 1);
        }
      }
    };
  }
}
