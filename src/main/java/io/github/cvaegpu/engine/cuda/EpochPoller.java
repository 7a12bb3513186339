// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Has one thread poll the epochs of all models that train at a time: one of those that wait for
 * theirs. The others sleep until their epoch is over, or until the thread that polls has what it
 * waited for and leaves the rest to one of them. With one model it is the loop over its epoch, on
 * its own thread.
 *
 * <p>If each looked into its own mailbox, the threads of many models would take the processors from
 * each other, and a step would get its beta when its thread's turn comes. So would a thread for all
 * that none of them is: with one model it would have to be woken for each epoch.
 */
final class EpochPoller {
  /** Looks at exchanges before the processor is given to others: about half a millisecond. */
  private static final int SPINS = 10_000;

  private static final int LOOKS_A_QUERY = 1 << 12;
  private static final long NAP_NANOS = 20_000;

  private final Object lock = new Object(); // of changes to what follows

  /** Epochs under way: another array with each that begins or ends. */
  private volatile Waiting[] all = {};

  /** Whose thread polls; null if nothing is under way. */
  private volatile Waiting polling;

  /** An epoch and the thread that waits for it. Polled by one thread at a time. */
  private static final class Waiting {
    final StepPipeline.Epoch epoch;
    final Thread thread = Thread.currentThread();
    private int looks;
    private Throwable failure;

    /** Set last: what the thread that polls has written is there for the one that waits. */
    volatile boolean isOver;

    Waiting(StepPipeline.Epoch epoch) {
      this.epoch = epoch;
    }

    /** Whether anything came of it. */
    boolean poll() {
      boolean isIdle = false;
      try {
        isIdle = !epoch.poll();
        looks = isIdle ? looks + 1 : 0;
        if (looks >= SPINS && looks % LOOKS_A_QUERY == 0) {
          epoch.requireAlive();
        }
        if (!epoch.isOver()) {
          return !isIdle;
        }
      } catch (RuntimeException | Error e) {
        // That of one model is no business of the others.
        failure = e;
      }
      isOver = true;
      LockSupport.unpark(thread);
      return true;
    }

    /** Throws what ended it, if that was not its own end. */
    void throwFailure() {
      if (failure == null) {
        return;
      }
      epoch.drain(failure);
      if (failure instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) failure;
    }
  }

  /**
   * Polls an epoch to its end, or has it polled. What its controller or sink throws is thrown here;
   * they may be called on the thread of another model.
   *
   * @return batches reported
   * @throws io.github.cvaegpu.engine.EngineException if the GPU fails
   */
  int run(StepPipeline.Epoch epoch) {
    var mine = new Waiting(epoch);
    boolean wasInterrupted = false;
    begin(mine);
    try {
      while (!mine.isOver) {
        if (mine.equals(polling)) {
          wasInterrupted |= pollUntilOver(mine);
        } else {
          LockSupport.park(this);
          // Else it would not sleep again.
          wasInterrupted |= Thread.interrupted();
        }
      }
    } finally {
      end(mine);
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
    mine.throwFailure();
    return epoch.steps();
  }

  private void begin(Waiting mine) {
    synchronized (lock) {
      all = Stream.concat(Arrays.stream(all), Stream.of(mine)).toArray(Waiting[]::new);
      if (polling == null) {
        polling = mine;
      }
    }
  }

  private void end(Waiting mine) {
    synchronized (lock) {
      all = Arrays.stream(all).filter(other -> !other.equals(mine)).toArray(Waiting[]::new);
      if (!mine.equals(polling)) {
        return;
      }
      // To wake a thread takes longer than a step: it is to be the one that has most to do.
      Optional<Waiting> next =
          Arrays.stream(all)
              .filter(other -> !other.isOver)
              .max(Comparator.comparingInt(other -> other.epoch.left()));
      polling = next.orElse(null);
      next.ifPresent(other -> LockSupport.unpark(other.thread));
    }
  }

  /** Whether the thread was interrupted meanwhile. */
  private boolean pollUntilOver(Waiting mine) {
    boolean wasInterrupted = false;
    int looks = 0;
    while (!mine.isOver) {
      boolean isIdle = true;
      Waiting[] now = all;
      for (Waiting one : now) {
        isIdle &= one.isOver || !one.poll();
      }
      looks = isIdle ? looks + now.length : 0;
      if (!isIdle) {
        continue;
      }
      if (looks < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(NAP_NANOS);
        // Else it would not sleep again.
        wasInterrupted |= Thread.interrupted();
      }
    }
    return wasInterrupted;
  }
}
