// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.RunObserver;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The trackers of runs that are trained one after another. Each run has its own, which are closed
 * before those of the next are opened: all may write to one file.
 */
public final class QueueTrackers implements Function<NamedPlan, RunObserver>, AutoCloseable {
  private final TrackerSettings settings;
  private final BiConsumer<NamedPlan, String> warn;
  private Optional<Trackers> current = Optional.empty();

  /**
   * @param settings where the runs are to be shown
   * @param warn told of what a run's tracker has missed, in complete sentences
   */
  public QueueTrackers(TrackerSettings settings, BiConsumer<NamedPlan, String> warn) {
    this.settings = settings;
    this.warn = warn;
  }

  /** The observer of the next run. */
  @Override
  public RunObserver apply(NamedPlan run) {
    close();
    Trackers trackers = settings.of(run).open(text -> warn.accept(run, text));
    current = Optional.of(trackers);
    return trackers;
  }

  /** Waits for a while until the last run's trackers have what there is. */
  @Override
  public void close() {
    current.ifPresent(Trackers::close);
    current = Optional.empty();
  }
}
