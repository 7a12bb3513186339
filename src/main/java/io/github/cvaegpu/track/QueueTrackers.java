// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.RunObserver;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The trackers of a queue's runs. Each run has its own, which are closed before those of the next
 * run on the same thread are opened: of runs that are trained one after another all may write to
 * one file.
 */
public final class QueueTrackers implements Function<NamedPlan, RunObserver>, AutoCloseable {
  private final TrackerSettings settings;
  private final BiConsumer<NamedPlan, String> warn;
  private final Map<Thread, Trackers> current = new ConcurrentHashMap<>();

  /**
   * @param settings where the runs are to be shown
   * @param warn told of what a run's tracker has missed, in complete sentences
   */
  public QueueTrackers(TrackerSettings settings, BiConsumer<NamedPlan, String> warn) {
    this.settings = settings;
    this.warn = warn;
  }

  /** The observer of the next run on this thread. */
  @Override
  public RunObserver apply(NamedPlan run) {
    Optional.ofNullable(current.remove(Thread.currentThread())).ifPresent(Trackers::close);
    Trackers trackers = settings.of(run).open(text -> warn.accept(run, text));
    current.put(Thread.currentThread(), trackers);
    return trackers;
  }

  /** Waits for a while until each thread's last trackers have what there is. */
  @Override
  public void close() {
    current.values().forEach(Trackers::close);
    current.clear();
  }
}
