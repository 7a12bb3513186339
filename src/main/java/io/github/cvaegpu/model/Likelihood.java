// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

/** What a decoder's outputs say of a pixel. */
public enum Likelihood {
  /** A Bernoulli variable whose logit is the output. */
  BERNOULLI
}
