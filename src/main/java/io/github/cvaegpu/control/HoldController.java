// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.Map;
import java.util.Set;

/**
 * Holds the KL divergence at a set point by a law of our own, in the logarithm of beta and the
 * ratio of KL to the set point, so that one set of gains does for all of them. With s the scale of
 * the loss:
 *
 * <pre>
 * x    = KL / set point, 10 at most                   KL of the step before
 * L'   = L + 0.15 (x - L)                             level
 * g'   = g + 0.2 (ln L' - ln L - g)                   growth a step; levels of 0.001 at least
 * I'   = clip(I + 0.08 w clip(x - 1, 1), ln 10^4)     w = min(1, (L' / 0.8)^2 + 0.02)
 * P    = clip(1.6 (ln L' + 15 max(0, g' - 0.03)), 2.4)
 * beta = s exp(clip(I' + P, ln 10^4))
 * </pre>
 *
 * <p>where clip(a, b) is a within [-b, b]. Before the first step L = g = 0, I = 1 and s = 1. After
 * it s is the reconstruction loss of that step, in which the decoder knew nothing yet, as a part of
 * MNIST's, 784 ln 2: a loss of a thousandth needs betas of a thousandth. Densities have a loss that
 * may be 0 or below: theirs is counted from another origin. Where the set point changes, L is
 * multiplied by the old one over the new.
 *
 * <p>Why: d ln KL / d ln beta is about the same for all networks, set points and learning rates,
 * from -0.2 to -0.45, and -1.6 where the posterior is close to the prior; dKL / dbeta is not. A run
 * begins with a KL of 0 that stays for steps, in which w all but stops the integral, and then grows
 * by up to a factor of two a step, to ten times the set point if nothing is done before it is
 * there. So a growth of more than 3 % a step counts as if KL were where it would be after 15 more
 * steps of the rest of it. P ends at a factor of 11: more of it collapses the posterior for some
 * tens of steps, from which the model does not recover for thousands.
 *
 * <p><b>It cannot latch.</b> Let KL stay below (1 - m) times the set point, m above 0, whatever was
 * before. w is 0.02 or more, so I falls by 0.0016 m a step or more. P is 2.4 at most. So 1,500 / m
 * steps later beta has left its upper limit for good, whatever KL does below (1 - m), and goes on
 * down to the lower one. As a rule it is sooner: L, 10 at most, comes below 1 within ln(1 + 9 / m)
 * / ln(1 / 0.85) steps, rounded up, and from then on P is below 0, and beta below the limit, at
 * every step without a lead. Let KL stay above (1 + m) times the set point, m up to 9: L, 0 at
 * least, comes above 1 within ln(1 + 1 / m) / ln(1 / 0.85) steps, rounded up; from then on P is
 * above 0, so beta above its lower limit, w is 1 and I rises by 0.08 min(m, 1) a step.
 *
 * <p><b>How far it can wind up.</b> I is kept within the limits of beta, and rises from 0 to its
 * limit in 115 steps or more. To fall from there to 0 it takes 4,870 steps at a KL of 0, where w is
 * at its least, 3,060 at a tenth of the set point and 910 at three tenths.
 *
 * <p>Beta is finite for every KL but NaN, the infinities included. Not thread-safe.
 */
public final class HoldController implements BetaController {
  private static final double LOG_LIMIT = StrictMath.log(1e4);

  /** Limits of beta where the scale is 1. */
  static final double LEAST_BETA = 1e-4;

  static final double LARGEST_BETA = 1e4;

  /** Where the scale is 1: 784 pixels of which nothing is known, nats. */
  static final double USUAL_LOSS = 784 * StrictMath.log(2);

  private static final double LARGEST_SCALE = 1e6;

  private static final double LARGEST_RATIO = 10;
  private static final double LEAST_LEVEL = 0.001;
  private static final double LEVEL_RATE = 0.15;
  private static final double GROWTH_RATE = 0.2;
  private static final double HARMLESS_GROWTH = 0.03;
  private static final double LEAD = 15;
  private static final double INTEGRAL_GAIN = 0.08;
  private static final double LEVEL_OF_FULL_WEIGHT = 0.8;
  private static final double LEAST_WEIGHT = 0.02;
  private static final double GAIN = 1.6;
  private static final double LARGEST_PROPORTIONAL = 2.4;
  private static final double FIRST_INTEGRAL = 1;

  private static final String INTEGRAL = "integral";
  private static final String LEVEL = "level";
  private static final String GROWTH = "growth";
  private static final String SCALE = "scale";

  private final HoldRule rule;
  private final double lossOrigin;
  private double integral = FIRST_INTEGRAL;
  private double level;
  private double growth;
  private double scale = 1;

  /**
   * A controller before its first step.
   *
   * @param lossOrigin what the reconstruction loss is counted from, nats per image
   */
  public HoldController(HoldRule rule, double lossOrigin) {
    this.rule = rule;
    this.lossOrigin = lossOrigin;
  }

  /**
   * What the limits of beta are multiplied by.
   *
   * @param firstLoss of a run's first step, above what it is counted from, in nats
   */
  static double scale(double firstLoss) {
    return Math.clamp(firstLoss / USUAL_LOSS, 1 / LARGEST_SCALE, LARGEST_SCALE);
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("KL is NaN");
    }
    if (last.step() == 1) {
      scale = scale(last.rl() - lossOrigin);
    }
    double setPoint = rule.setPointAt(last.step() + 1);
    level = Math.min(level * rule.setPointAt(last.step()) / setPoint, LARGEST_RATIO);
    double ratio = Math.clamp(last.kl() / setPoint, 0, LARGEST_RATIO);
    double before = logLevel();
    level += LEVEL_RATE * (ratio - level);
    double now = logLevel();
    growth += GROWTH_RATE * (now - before - growth);
    double share = level / LEVEL_OF_FULL_WEIGHT;
    double weight = Math.min(1, share * share + LEAST_WEIGHT);
    integral = limited(integral + INTEGRAL_GAIN * weight * Math.clamp(ratio - 1, -1, 1));
    double ahead = LEAD * Math.max(0, growth - HARMLESS_GROWTH);
    double proportional =
        Math.clamp(GAIN * (now + ahead), -LARGEST_PROPORTIONAL, LARGEST_PROPORTIONAL);
    // StrictMath: Math may differ in a last bit from one processor to another.
    return scale * StrictMath.exp(limited(integral + proportional));
  }

  private double logLevel() {
    return StrictMath.log(Math.max(level, LEAST_LEVEL));
  }

  private static double limited(double logBeta) {
    return Math.clamp(logBeta, -LOG_LIMIT, LOG_LIMIT);
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.of(
        Map.of(INTEGRAL, integral, LEVEL, level, GROWTH, growth, SCALE, scale));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A state that this law can produce is kept exactly; numbers from elsewhere are moved to where
   * it could be.
   */
  @Override
  public void restore(ControllerMemory memory) {
    memory.require(Set.of(INTEGRAL, LEVEL, GROWTH, SCALE));
    double span = StrictMath.log(LARGEST_RATIO / LEAST_LEVEL);
    integral = limited(memory.get(INTEGRAL));
    level = Math.clamp(memory.get(LEVEL), 0, LARGEST_RATIO);
    growth = Math.clamp(memory.get(GROWTH), -span, span);
    scale = Math.clamp(memory.get(SCALE), 1 / LARGEST_SCALE, LARGEST_SCALE);
  }
}
