// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import java.util.Locale;
import java.util.Optional;

/**
 * What rules refuse of their settings, with an {@link InputException}: they may come from a file.
 */
final class RuleChecks {
  private RuleChecks() {}

  /** No model of images comes near it, and what is computed with it has digits to spare. */
  private static final double MOST_KL = 1e6;

  /** A KL divergence that can be held. */
  static void requireSetPoint(double kl) {
    requirePositive("The KL set point", "finite number of nats", kl);
    if (kl > MOST_KL) {
      throw new InputException(
          String.format(
              Locale.ROOT, "The KL set point must be at most %,.0f nats, not %s.", MOST_KL, kl));
    }
  }

  /**
   * A sentence where a run ends before what a rule begins with does.
   *
   * @param what it is
   * @param takes steps of it
   * @param steps of the run
   */
  static Optional<String> unfinished(String what, long takes, long steps) {
    return takes <= steps
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s takes %,d steps, but the run ends with step %,d.",
                what,
                takes,
                steps));
  }

  /** A beta that engines can use, which compute in floats. */
  static void requireBeta(double beta) {
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new InputException("Beta must be zero or a positive number, not %s.".formatted(beta));
    }
    // What overflows or vanishes there would train something else.
    if (beta > 0 && !Numbers.isPositiveFloat(beta)) {
      throw new InputException(
          "Beta must be zero, or positive and finite as a 32-bit float, which %s is not."
              .formatted(beta));
    }
  }

  /** A weight that engines can use and that weighs something. */
  static void requireWeight(String what, double value) {
    if (!Numbers.isPositiveFloat(value)) {
      throw new InputException(
          "%s must be positive and finite as a 32-bit float, not %s.".formatted(what, value));
    }
  }

  /** Gains that move beta. */
  static void requireGains(double kp, double ki) {
    requireFromZero("The proportional gain Kp", kp);
    requireFromZero("The integral gain Ki", ki);
    if (kp == 0 && ki == 0) {
      throw new InputException(
          "Kp and Ki cannot both be 0: beta would never change; train with a constant beta"
              + " instead.");
    }
  }

  /** Limits of beta that engines can use. */
  static void requireLimits(double betaMin, double betaMax) {
    requireLimit("The lower limit of beta", betaMin);
    requireLimit("The upper limit of beta", betaMax);
    if (betaMax <= betaMin) {
      throw new InputException(
          "The upper limit of beta (%s) must be above the lower limit (%s)."
              .formatted(betaMax, betaMin));
    }
  }

  private static void requireLimit(String what, double value) {
    requireFromZero(what, value);
    if (Float.isInfinite((float) value)) {
      throw new InputException(
          "%s must be finite as a 32-bit float, which %s is not.".formatted(what, value));
    }
  }

  /** A finite number, 0 or more. */
  static void requireFromZero(String what, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new InputException(what + " must be a finite number, 0 or more, not " + value + ".");
    }
  }

  /** A finite number above 0. */
  static void requirePositive(String what, double value) {
    requirePositive(what, "finite number", value);
  }

  private static void requirePositive(String what, String kind, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new InputException("%s must be a %s above 0, not %s.".formatted(what, kind, value));
    }
  }

  /** A count of 1 or more. */
  static void requireCount(String what, long value) {
    if (value < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "%s must be 1 or more, not %d.", what, value));
    }
  }

  /** A part of a whole, neither nothing nor more than all of it. */
  static void requirePart(String what, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new InputException("%s must be above 0 and at most 1, not %s.".formatted(what, value));
    }
  }
}
