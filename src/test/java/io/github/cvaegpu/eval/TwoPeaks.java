// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/** p(x|z) of one image, of which each of two normal densities over the prior's gives one half. */
final class TwoPeaks extends PointwiseLikelihood {
  private final double[] one;
  private final double oneDeviation;
  private final double[] other;
  private final double otherDeviation;

  TwoPeaks(double[] one, double oneDeviation, double[] other, double otherDeviation) {
    super(2, 1);
    this.one = one;
    this.oneDeviation = oneDeviation;
    this.other = other;
    this.otherDeviation = otherDeviation;
  }

  private static double logNormal(double[] z, double[] mean, double deviation) {
    double square = (z[0] - mean[0]) * (z[0] - mean[0]) + (z[1] - mean[1]) * (z[1] - mean[1]);
    return -0.5 * square / (deviation * deviation) - 2 * Math.log(deviation);
  }

  @Override
  double of(int image, double[] z) {
    double a = logNormal(z, one, oneDeviation);
    double b = logNormal(z, other, otherDeviation);
    double most = Math.max(a, b);
    double density = most + Math.log(0.5 * (Math.exp(a - most) + Math.exp(b - most)));
    return density - logNormal(z, new double[2], 1);
  }
}
