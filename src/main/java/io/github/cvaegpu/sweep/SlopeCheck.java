// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.eval.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the slope of a rate-distortion curve between two of its points is what beta was there.
 *
 * <p>Among models of one family let R(K) be the least RL of those whose KL divergence is K. One
 * that minimises L = RL + beta KL has the K at which R(K) + beta K is least, so R'(K) + beta = 0:
 * minus the slope of the curve is beta.
 *
 * <p>It is checked on figures of training, means of the last steps: L is the training images' loss,
 * and the test images' curve is steeper or flatter by what the models do not generalise. Minus the
 * slope of a chord is the mean of beta over it. Of the betas at its two ends that is the
 * logarithmic mean, (b - a) / (ln b - ln a), where ln beta goes straight over KL, as it does for a
 * Gaussian, and about so for others; whatever the curve is, if it is convex it lies between the
 * two.
 *
 * <p>Each seed has a chord of its own: the batches of its runs are the same at every set point, so
 * that most of their noise cancels out.
 *
 * @param from the point of the smaller KL
 * @param to the point of the larger KL
 * @param slope minus the chord's slope, over seeds
 * @param beta the logarithmic mean of the betas at its ends, over seeds
 * @param difference slope minus beta, seed by seed
 * @param settled runs of the two points whose KL had settled at its set point; all that have none
 * @param runs of the two points
 */
public record SlopeCheck(
    Summary from, Summary to, Spread slope, Spread beta, Spread difference, int settled, int runs) {

  /** Over the table, for people. */
  static final String EXPLANATION =
      "Among models that minimise RL + beta KL, RL falls by beta for every nat that KL rises. Minus"
          + " the slope between two neighbouring points is therefore beta, of which the logarithmic"
          + " mean of the two ends stands beside it. Both are of training, means of the last steps:"
          + " it is the training images' loss that beta is the trade-off of.";

  /** Columns of the table. */
  static final List<String> COLUMNS =
      List.of(
          "between",
          "minus the slope",
          "beta at the ends",
          "beta",
          "off by",
          "the slope",
          "settled");

  /** Under the table, for people. */
  static final String CAUTION =
      "The identity is one of models that were trained to the end. Settled runs have KL within 2 %"
          + " of their set point to the last step, which is necessary and not enough: while RL"
          + " still falls, and after few epochs it does, the points lie above the curve by amounts"
          + " of their own, and the slope between them is not yet beta. An interval is over seeds"
          + " and knows nothing of that.";

  /**
   * Betas closer than this have their mean as the logarithmic one, which is 0 / 0 for equal ones.
   */
  private static final double SAME = 1e-6;

  /** A part of beta that is less than sums are rounded by. */
  private static final double ROUNDING = 1e-9;

  /** What a point has of a seed. */
  private record Ends(double rl, double kl, double beta) {}

  /**
   * Checks the chord between two points.
   *
   * @return empty where they have no seed in common, or one in which KL is not larger at the second
   */
  static Optional<SlopeCheck> of(Summary from, Summary to) {
    List<Double> slopes = new ArrayList<>();
    List<Double> betas = new ArrayList<>();
    for (long seed : from.bySeed(Quantity.TRAIN_KL).keySet()) {
      Optional<Ends> one = ends(from, seed);
      Optional<Ends> other = ends(to, seed);
      if (one.isEmpty() || other.isEmpty()) {
        continue;
      }
      double run = other.get().kl - one.get().kl;
      if (!(run > 0)) {
        return Optional.empty();
      }
      slopes.add((one.get().rl - other.get().rl) / run);
      betas.add(logarithmicMean(one.get().beta, other.get().beta));
    }
    if (slopes.isEmpty()) {
      return Optional.empty();
    }
    double[] differences = new double[slopes.size()];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = slopes.get(i) - betas.get(i);
    }
    return Optional.of(
        new SlopeCheck(
            from,
            to,
            Spread.of(array(slopes)),
            Spread.of(array(betas)),
            Spread.of(differences),
            settled(from) + settled(to),
            from.completed() + to.completed()));
  }

  private static Optional<Ends> ends(Summary point, long seed) {
    Map<Long, Double> rl = point.bySeed(Quantity.TRAIN_RL);
    Map<Long, Double> kl = point.bySeed(Quantity.TRAIN_KL);
    Map<Long, Double> beta = point.bySeed(Quantity.LAST_BETA);
    return rl.containsKey(seed) && kl.containsKey(seed) && beta.containsKey(seed)
        ? Optional.of(new Ends(rl.get(seed), kl.get(seed), beta.get(seed)))
        : Optional.empty();
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(value -> value).toArray();
  }

  /** The mean of what goes straight in its logarithm from one to the other; else their mean. */
  static double logarithmicMean(double one, double other) {
    if (!(one > 0 && other > 0) || Math.abs(Math.log(other / one)) < SAME) {
      return (one + other) / 2;
    }
    return (other - one) / Math.log(other / one);
  }

  /** Runs that hold nothing have nothing to settle at. */
  private static int settled(Summary point) {
    return (int)
        point.rows().stream()
            .filter(SweepRow::isCompleted)
            .filter(
                row ->
                    row.trained().setPoint().isEmpty() || Quantity.SETTLED_STEP.of(row).isPresent())
            .count();
  }

  /** Whether all its runs had settled. */
  public boolean isSettled() {
    return settled == runs;
  }

  /** By which part of beta the slope is off; NaN of a beta of 0. */
  public double disagreement() {
    return beta.mean() == 0 ? Double.NaN : difference.mean() / Math.abs(beta.mean());
  }

  /** The disagreement for people: in per cent of beta, or of a beta of 0 as it is. */
  String off() {
    double part = disagreement();
    String number =
        Double.isNaN(part)
            ? Numbers.rounded("%.3f", difference.mean())
            : Numbers.rounded("%.1f", 100 * part) + " %";
    return number.startsWith("-") || number.matches("0\\.0+( %)?") ? number : "+" + number;
  }

  /** The verdict for people. */
  public String verdict() {
    if (difference.halfWidth().isEmpty()) {
      return "one seed";
    }
    double half = difference.halfWidth().getAsDouble();
    // Seeds that agree to the last digit have an interval of no width, and differ in the last
    // digit.
    return Math.abs(difference.mean()) <= half + ROUNDING * Math.abs(beta.mean())
        ? "cannot be told from beta"
        : "differs from beta";
  }
}
