// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** How fast the runs of a study go, all together, and how long what is left of them will take. */
final class StudyPace {
  private final int images;
  private final Pace pace;

  /** What runs have trained of epochs that are not over. */
  private final Map<String, Long> begun = new HashMap<>();

  private long trained;
  private long epochsLeft;

  /**
   * @param images of an epoch
   * @param clock nanoseconds
   */
  StudyPace(int images, LongSupplier clock) {
    this.images = images;
    pace = new Pace(clock);
  }

  /** A run begins, or has done an epoch: so many epochs of all runs are still to be trained. */
  synchronized void left(String run, long epochs) {
    begun.remove(run);
    epochsLeft = epochs;
  }

  /**
   * A run has done a step.
   *
   * @param number of the step in its run, from 1
   */
  synchronized void step(String run, long number, int batchSize) {
    long batches = Math.ceilDiv(images, batchSize);
    long ofEpoch = (number - 1) % batches + 1;
    trained += Math.min(batchSize, images - (ofEpoch - 1) * batchSize);
    begun.put(run, Math.min(ofEpoch * batchSize, images));
    if (pace.isDue()) {
      pace.reached(trained);
    }
  }

  /** Images per second now; NaN where it is not known. */
  double perSecond() {
    return pace.perSecond();
  }

  /** NaN where it is not known. */
  synchronized double secondsLeft() {
    long done = begun.values().stream().mapToLong(Long::longValue).sum();
    return pace.secondsFor(Math.max(0, epochsLeft * images - done));
  }
}
