// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.train.RunRecord.ExitReason;

/** How a run stands, as far as its files and its lock tell. */
enum RunState {
  /** Its {@code run.json} has not been read yet. */
  READING,
  /** A process is at work. */
  TRAINING,
  /** Its record says that a process is at work, and there is none. */
  DIED,
  /** The same, on a disk from which it cannot be seen whether there is one. */
  SILENT,
  /** Complete. */
  COMPLETED,
  /** Stopped, and can go on. */
  STOPPED,
  /** A loss was not finite. */
  DIVERGED,
  /** Something else went wrong. */
  FAILED,
  /** Its {@code run.json} cannot be read. */
  UNREADABLE;

  /** Of a run that has ended as its record says. */
  static RunState ended(ExitReason reason) {
    return switch (reason) {
      case RUNNING -> TRAINING;
      case COMPLETED -> COMPLETED;
      case INTERRUPTED -> STOPPED;
      case DIVERGED -> DIVERGED;
      case FAILED -> FAILED;
    };
  }
}
