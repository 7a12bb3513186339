// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.RunObserver;
import java.io.PrintWriter;

/**
 * Prints what a user should know of a run that goes on.
 *
 * @param err where to print
 */
record Warnings(PrintWriter err) implements RunObserver {
  @Override
  public void warns(String sentence) {
    err.println("Warning: " + sentence);
  }
}
