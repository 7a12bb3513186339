// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.Numbers;

/**
 * A value that curves are to be held against: drawn across their figure, dashed, and always seen.
 *
 * @param name of it, for the legend
 * @param value in the curves' unit
 */
public record Level(String name, double value) {
  /**
   * The set point of a controller.
   *
   * @param nats KL divergence to hold, in nats per image
   */
  public static Level setPoint(double nats) {
    return new Level("set point " + Numbers.plain(nats), nats);
  }
}
