// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Locale;

/**
 * What a network is trained to do; what weighs its KL divergence is a rule of its own.
 *
 * @param likelihood what its outputs say of a pixel
 * @param targets what it is to reconstruct
 * @param sigma standard deviation of {@link Likelihood#GAUSSIAN}; null for the others
 */
public record Objective(Likelihood likelihood, Targets targets, @AbsentIfNull Sigma sigma) {
  /** All that there are; Gaussian with a unit standard deviation. */
  public static final List<Objective> ALL =
      List.of(
          study(),
          new Objective(Likelihood.BERNOULLI, Targets.BINARIZED),
          new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY),
          gaussian(Sigma.of(1)));

  /** Refuses parts that are missing or do not go together, with an {@link InputException}. */
  public Objective {
    if (likelihood == null || targets == null) {
      throw new InputException("An objective needs a likelihood and targets.");
    }
    if (targets == Targets.BINARIZED && likelihood != Likelihood.BERNOULLI) {
      throw new InputException("Only a Bernoulli likelihood is of black and white pixels.");
    }
    if ((sigma != null) != (likelihood == Likelihood.GAUSSIAN)) {
      throw new InputException("A Gaussian likelihood, and no other, needs a sigma.");
    }
  }

  /** One without a standard deviation. */
  public Objective(Likelihood likelihood, Targets targets) {
    this(likelihood, targets, null);
  }

  /** The study's: grey intensities as Bernoulli variables. */
  public static Objective study() {
    return new Objective(Likelihood.BERNOULLI, Targets.GREY);
  }

  /** Grey intensities with normal noise. */
  public static Objective gaussian(Sigma sigma) {
    return new Objective(Likelihood.GAUSSIAN, Targets.GREY, sigma);
  }

  /**
   * The one of a name.
   *
   * @throws InputException if there is none
   */
  public static Objective named(String name) {
    return ALL.stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "A likelihood must be %s, not '%s'."
                        .formatted(
                            String.join(" or ", ALL.stream().map(Objective::name).toList()),
                            name)));
  }

  /** Whether the network has a logarithm of a standard deviation among its parameters. */
  public boolean learnsSigma() {
    return sigma != null && sigma.isLearned();
  }

  /** The standard deviation that formulas of the likelihood are given. */
  public double deviation() {
    return sigma == null ? 1 : sigma.value();
  }

  /** {@link Likelihood#loss} of a pixel. */
  public double loss(double logit, double x) {
    return likelihood.loss(logit, x, deviation());
  }

  /** {@link Likelihood#gradient} of a pixel. */
  public double gradient(double logit, double x) {
    return likelihood.gradient(logit, x, deviation());
  }

  /** {@link Likelihood#leastLoss} of a pixel. */
  public double leastLoss(double x) {
    return likelihood.leastLoss(x, deviation());
  }

  /** Whether a reconstruction loss can be 0 or below: some densities are as high as they like. */
  public boolean hasLossBelowZero() {
    return learnsSigma() || leastLoss(0) < 0;
  }

  /**
   * The objective with the standard deviation that was learned.
   *
   * @param parameters all of the network's
   * @throws InputException if it is none that there can be
   */
  public Objective learned(ParameterLayout layout, float[] parameters) {
    if (!learnsSigma()) {
      return this;
    }
    return gaussian(new Sigma(StrictMath.exp(parameters[layout.logSigma()]), true));
  }

  /** Its name, as {@code --likelihood} has it. */
  public String name() {
    String name = likelihood.text().replace('_', '-');
    return targets == Targets.BINARIZED
        ? name + "-" + targets.name().toLowerCase(Locale.ROOT)
        : name;
  }

  /**
   * What figures are of, for people: beside every figure that there are others of the name with.
   *
   * @return e.g. {@code bernoulli}, {@code gaussian, sigma 0.1} or, where it was learned, {@code
   *     gaussian, sigma 0.1312, learned}
   */
  public String title() {
    if (sigma == null) {
      return name();
    }
    if (sigma.equals(Sigma.LEARNED) || !sigma.isLearned()) {
      return "%s, sigma %s".formatted(name(), sigma);
    }
    return String.format(Locale.ROOT, "%s, sigma %.4g, learned", name(), sigma.value());
  }
}
