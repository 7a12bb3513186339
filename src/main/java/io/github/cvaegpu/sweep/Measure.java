// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.eval.ExactLikelihood;
import java.util.Locale;
import java.util.Optional;

/** What combinations of settings are ranked by. */
public enum Measure {
  /** The test images' ELBO, of which every completed run has a record. */
  ELBO(Quantity.TEST_ELBO, true, false),
  /**
   * The importance-weighted bound of the test images, which lies between the ELBO and log p(x):
   * between models of different encoders it is the fairer of the two.
   */
  BOUND(Quantity.IMPORTANCE_WEIGHTED_BOUND, true, true),
  /** log p(x) of the test images, integrated over the latent space. */
  LOG_LIKELIHOOD(Quantity.LOG_LIKELIHOOD, true, true),
  /**
   * How far KL was from its set point at the end: |mean KL - set point| over the last tenth of
   * training, 1000 steps at most. It is the training images' KL, as it is that which a controller
   * sees and holds; the test images' differs from it by what the model does not generalise, which
   * is no fault of the controller.
   */
  KL_ERROR(Quantity.KL_ERROR, false, false);

  private final Quantity quantity;
  private final boolean isHigherBetter;
  private final boolean isMeasured;

  Measure(Quantity quantity, boolean isHigherBetter, boolean isMeasured) {
    this.quantity = quantity;
    this.isHigherBetter = isHigherBetter;
    this.isMeasured = isMeasured;
  }

  /** The figure. */
  public Quantity quantity() {
    return quantity;
  }

  /** Whether more of it is better. */
  public boolean isHigherBetter() {
    return isHigherBetter;
  }

  /** Whether training does not record it, so that a {@link SweepMeasurer} has to measure it. */
  public boolean isMeasured() {
    return isMeasured;
  }

  /** Whether a run of so many latent dimensions can have it at all. */
  boolean isFor(int latent) {
    return this != LOG_LIKELIHOOD || latent <= ExactLikelihood.MAX_LATENT;
  }

  /**
   * Why a run has none.
   *
   * @return a sentence; empty if it has one
   */
  public Optional<String> missing(SweepRow row) {
    if (quantity.of(row).isPresent()) {
      return Optional.empty();
    }
    if (!row.isCompleted()) {
      return Optional.of(
          "%s was not trained to its end, and has no %s.".formatted(row.point().name(), title()));
    }
    if (!isFor(row.trained().latent())) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "log p(x) is integrated over 1 or %d latent dimensions, and %s has %d: take the"
                  + " measure %s.",
              ExactLikelihood.MAX_LATENT,
              row.point().name(),
              row.trained().latent(),
              BOUND));
    }
    if (this == KL_ERROR && row.trained().metrics().controller() == null) {
      return Optional.of("%s holds no KL divergence.".formatted(row.point().name()));
    }
    return Optional.of(
        isMeasured
            ? "The %s of %s was not measured yet.".formatted(title(), row.point().name())
            : "The %s of %s is not finite.".formatted(title(), row.point().name()));
  }

  /** For people. */
  public String title() {
    return quantity.title();
  }

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
