// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import io.github.cvaegpu.InputException;

/**
 * What a network is trained to do; what weighs its KL divergence is a rule of its own.
 *
 * @param likelihood what its outputs say of a pixel
 * @param targets what it is to reconstruct
 */
public record Objective(Likelihood likelihood, Targets targets) {
  /** Refuses a part that is missing, with an {@link InputException}. */
  public Objective {
    if (likelihood == null || targets == null) {
      throw new InputException("An objective needs a likelihood and targets.");
    }
  }

  /** The study's: grey intensities as Bernoulli variables. */
  public static Objective study() {
    return new Objective(Likelihood.BERNOULLI, Targets.GREY);
  }
}
