// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Tells a slow observer what there is to tell on a thread of its own, so that training does not
 * wait for it. What it has yet to be told waits in a bounded queue; where that is full, a step is
 * left out at once, and anything rarer after a moment's patience, which is had once and then not
 * again until there was room. What the observer throws ends its being told, not the run.
 *
 * <p>Told by one thread at a time, as every observer is.
 */
public final class QueuedObserver implements RunObserver, AutoCloseable {
  private final RunObserver slow;
  private final Duration patience;
  private final BlockingQueue<Optional<Runnable>> queue; // an empty one is the end
  private final Thread thread;
  private volatile Throwable failure;
  private long dropped;
  private boolean isStuck;

  /**
   * @param slow what to tell
   * @param capacity events that may wait, from 1
   * @param patience how long anything but a step waits for room, and {@link #close} for the rest
   */
  public QueuedObserver(RunObserver slow, int capacity, Duration patience) {
    this.slow = slow;
    this.patience = patience;
    queue = new ArrayBlockingQueue<>(capacity);
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

  /** After a failure the queue is emptied all the same: nobody is to wait for room in it. */
  private void tell(Runnable event) {
    if (failure != null) {
      return;
    }
    try {
      event.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Events that were left out for want of room. */
  public long dropped() {
    return dropped;
  }

  /** What the observer threw, if it did; it was told nothing since. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  private boolean offer(Optional<Runnable> event) {
    try {
      return queue.offer(event, patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void offerOrDrop(Runnable event) {
    // Once waiting was in vain, not again: until there is room, the observer is stuck.
    boolean isTaken = isStuck ? queue.offer(Optional.of(event)) : offer(Optional.of(event));
    isStuck = !isTaken;
    if (!isTaken) {
      dropped++;
    }
  }

  @Override
  public void begins(Path folder, RunRecord record) {
    offerOrDrop(() -> slow.begins(folder, record));
  }

  @Override
  public void warns(String sentence) {
    offerOrDrop(() -> slow.warns(sentence));
  }

  @Override
  public void says(String sentence) {
    offerOrDrop(() -> slow.says(sentence));
  }

  @Override
  public void step(StepReport report) {
    if (!queue.offer(Optional.of(() -> slow.step(report)))) {
      dropped++;
    }
  }

  @Override
  public void epoch(EpochReport report) {
    offerOrDrop(() -> slow.epoch(report));
  }

  @Override
  public void checkpoint(Path file, long step) {
    offerOrDrop(() -> slow.checkpoint(file, step));
  }

  @Override
  public void ends(Path folder, RunRecord record) {
    offerOrDrop(() -> slow.ends(folder, record));
  }

  /** Waits for a while until the observer has been told of everything, and then gives it up. */
  @Override
  public void close() {
    try {
      if (!offer(Optional.empty()) || !thread.join(patience)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
