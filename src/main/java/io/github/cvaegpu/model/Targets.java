// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

/** What a network is to reconstruct of a grey image. */
public enum Targets {
  /** The intensities themselves, from 0 to 1. */
  GREY
}
