// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

/**
 * The logarithm of the mean of weights of which the logarithms are known, the largest taken out so
 * that no exponential overflows.
 *
 * @param log of the mean
 * @param error its standard error: that of the mean as a part of the mean
 * @param effective (sum w)^2 / sum w^2, from 1 to their number
 */
record LogMean(double log, double error, double effective) {
  /**
   * Takes the mean.
   *
   * @param logWeights two or more
   * @param sign 1 for the weights, -1 for their reciprocals
   */
  static LogMean of(double[] logWeights, int sign) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double log : logWeights) {
      largest = Math.max(largest, sign * log);
    }
    int count = logWeights.length;
    double sum = 0;
    double squares = 0;
    for (double log : logWeights) {
      double scaled = Math.exp(sign * log - largest);
      sum += scaled;
      squares += scaled * scaled;
    }
    double variance = Math.max(0, count * squares / (sum * sum) - 1) / (count - 1);
    return new LogMean(largest + Math.log(sum / count), Math.sqrt(variance), sum * sum / squares);
  }
}
