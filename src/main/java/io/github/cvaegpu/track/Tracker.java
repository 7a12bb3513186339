// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.RunObserver;

/**
 * Keeps a copy of a run's figures somewhere. Told on a thread of its own, so that it may take its
 * time; what it throws is the end of its being told.
 */
interface Tracker extends RunObserver, AutoCloseable {
  /** What it is and where it writes, for sentences; no secret is in it. */
  String name();

  /** Steps that a row is the mean of, from 1. */
  default int stepsOfRow() {
    return 1;
  }

  /** Lets go of what is open; called once, when it is told nothing more. */
  @Override
  void close();
}
