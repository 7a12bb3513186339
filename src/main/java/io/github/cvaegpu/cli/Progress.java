// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.RunObserver;

/** Shows a run's progress until it is closed. */
interface Progress extends RunObserver, AutoCloseable {
  /** Shows nothing. */
  Progress NONE = new Progress() {};

  @Override
  default void close() {}
}
