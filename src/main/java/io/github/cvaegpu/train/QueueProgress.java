// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.train.QueueListener.Position;
import java.util.Arrays;
import java.util.List;

/** How far the runs of a queue are. Not thread-safe: the queue holds its lock. */
final class QueueProgress {
  private final int[] epochs;
  private final int[] done;
  private final boolean[] isReached;
  private final boolean[] wasFinished;
  private final int atOnce;
  private long epochsTrained;
  private long nanosTraining;

  QueueProgress(List<NamedPlan> runs, int atOnce) {
    epochs = runs.stream().mapToInt(run -> run.plan().epochs()).toArray();
    done = new int[epochs.length];
    isReached = new boolean[epochs.length];
    wasFinished = new boolean[epochs.length];
    this.atOnce = atOnce;
  }

  /** A run need not be trained. */
  void wasFinished(int run) {
    wasFinished[run] = true;
  }

  /** Whether a run need not be trained. */
  boolean isFinishedBefore(int run) {
    return wasFinished[run];
  }

  /** It is a run's turn. */
  void reached(int run) {
    isReached[run] = true;
  }

  /** A run has done an epoch, which took a time. */
  void epoch(int run, int epochsDone, long nanos) {
    done[run] = epochsDone;
    epochsTrained++;
    nanosTraining += nanos;
  }

  /** A run has nothing more to do. */
  void over(int run) {
    done[run] = epochs[run];
  }

  /** The place of a run among all. */
  Position position(int run) {
    long all = Arrays.stream(epochs).asLongStream().sum();
    long doneSoFar = Arrays.stream(done).asLongStream().sum();
    long left = all - doneSoFar;
    int unfinished = 0;
    for (int i = 0; i < epochs.length; i++) {
      if (wasFinished[i] && !isReached[i]) {
        left -= epochs[i];
      } else if (done[i] < epochs[i]) {
        unfinished++;
      }
    }
    double seconds =
        epochsTrained == 0
            ? Double.NaN
            : nanosTraining / 1e9 / epochsTrained * left / Math.clamp(unfinished, 1, atOnce);
    return new Position(run + 1, epochs.length, doneSoFar, all, left, seconds);
  }
}
