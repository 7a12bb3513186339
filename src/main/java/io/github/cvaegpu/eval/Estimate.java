// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * A mean over images.
 *
 * @param mean nats per image
 * @param standardError standard deviation over images, divided by the square root of their number;
 *     0 for a single image, NaN like the mean for none
 */
public record Estimate(double mean, double standardError) {
  /** Collects values by Welford's method, which does not lose digits to a large mean. */
  static final class Builder {
    private long count;
    private double mean;
    private double squares;

    void accept(double value) {
      count++;
      double delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    }

    Estimate build() {
      if (count == 0) {
        return new Estimate(Double.NaN, Double.NaN);
      }
      double variance = count > 1 ? squares / (count - 1) : 0;
      return new Estimate(mean, Math.sqrt(variance / count));
    }
  }
}
