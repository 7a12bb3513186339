// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.util.Locale;

/** What decides beta. */
public enum Model {
  /** ControlVAE: a PI controller holds the KL divergence at a set point. */
  CONTROL,
  /** Beta-VAE: beta is constant. */
  BETA;

  /** As the command line and files have it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
