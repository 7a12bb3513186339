// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells a slow observer what there is to tell on a thread of its own, so that training never waits
 * for it. What it has yet to be told waits in a bounded queue. Steps may fill half of it, and the
 * rest is for what is rarer; what finds no room is left out and counted. What the observer throws
 * ends its being told, not the run.
 *
 * <p>Told by one thread at a time, as every observer is.
 */
public final class QueuedObserver implements RunObserver, AutoCloseable {
  private final RunObserver slow;
  private final int steps;
  private final Duration patience;
  private final BlockingQueue<Optional<Runnable>> queue; // an empty one is the end
  private final Thread thread;
  private final AtomicLong told = new AtomicLong();
  private volatile Throwable failure;
  private long events;
  private volatile boolean isGivenUp;

  /**
   * @param slow what to tell
   * @param steps how many steps may wait, from 1; of anything else as much again
   * @param patience how long {@link #close} waits for the rest
   */
  public QueuedObserver(RunObserver slow, int steps, Duration patience) {
    this.slow = slow;
    this.steps = steps;
    this.patience = patience;
    queue = new ArrayBlockingQueue<>(2 * steps);
    thread = Thread.ofPlatform().daemon().name("observer").start(this::tellUntilTheEnd);
  }

  private void tellUntilTheEnd() {
    try {
      for (var event = queue.take(); event.isPresent(); event = queue.take()) {
        tell(event.get());
      }
    } catch (InterruptedException e) {
      // Given up, see close().
    }
  }

  /**
   * After a failure the queue is emptied all the same: its end is to be reached. An observer that
   * was given up may have taken the interrupt for something else.
   */
  private void tell(Runnable event) {
    if (failure != null || isGivenUp) {
      return;
    }
    try {
      event.run();
      told.incrementAndGet();
    } catch (RuntimeException | Error e) {
      // What the interrupt brought about is no failure of its own.
      failure = isGivenUp ? null : e;
    }
  }

  /**
   * Events that the observer has not been told of: while it is open also those that wait, after
   * {@link #close} those for which there was no room, from its failure on, or when it was given up.
   */
  public long missed() {
    return events - told.get();
  }

  /** What the observer threw, if it did; it was told nothing since. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** Whether {@link #close} waited in vain. */
  public boolean isGivenUp() {
    return isGivenUp;
  }

  private void add(Runnable event) {
    events++;
    queue.offer(Optional.of(event));
  }

  @Override
  public void begins(Path folder, RunRecord record) {
    add(() -> slow.begins(folder, record));
  }

  @Override
  public void warns(String sentence) {
    add(() -> slow.warns(sentence));
  }

  @Override
  public void says(String sentence) {
    add(() -> slow.says(sentence));
  }

  @Override
  public void step(StepReport report) {
    // Nobody else adds to the queue, so that there is no less room than this says.
    if (queue.size() < steps) {
      add(() -> slow.step(report));
    } else {
      events++;
    }
  }

  @Override
  public void epoch(EpochReport report) {
    add(() -> slow.epoch(report));
  }

  @Override
  public void checkpoint(Path file, long step) {
    add(() -> slow.checkpoint(file, step));
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    add(() -> slow.ends(folder, record));
  }

  /** Waits for a while until the observer has been told of everything, and then gives it up. */
  @Override
  public void close() {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      boolean isDone =
          queue.offer(Optional.empty(), patience.toNanos(), TimeUnit.NANOSECONDS)
              && thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      if (!isDone) {
        giveUp();
      }
    } catch (InterruptedException e) {
      giveUp();
      Thread.currentThread().interrupt();
    }
  }

  private void giveUp() {
    isGivenUp = true;
    thread.interrupt();
  }
}
