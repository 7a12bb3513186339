// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Does work of many parts on several threads, of which the caller is one: signals and interrupts
 * reach it as ever. When a part fails no further one is begun, and the caller gets the failure once
 * those at work have ended. For one piece of work.
 */
public final class SideBySide {
  private final int atOnce;
  private final AtomicInteger next = new AtomicInteger();
  private volatile boolean isOver;
  private volatile Throwable failure;

  /**
   * @param atOnce parts that are worked on at a time, from 1
   */
  public SideBySide(int atOnce) {
    if (atOnce < 1) {
      throw new IllegalArgumentException(atOnce + " at once");
    }
    this.atOnce = atOnce;
  }

  /** Whether a part has failed, so that others may as well stop. */
  public boolean hasFailed() {
    return failure != null;
  }

  /**
   * Works, each part once and in order as far as that goes; returns when nobody works any more.
   *
   * @param parts how many
   * @param part works on a part, from 0; false if no further one is to be begun
   */
  public void work(int parts, IntPredicate part) {
    List<Thread> others =
        IntStream.range(1, Math.min(atOnce, parts))
            .mapToObj(
                i ->
                    Thread.ofPlatform()
                        .name("side by side " + i)
                        .start(() -> takeOneAfterAnother(parts, part)))
            .toList();
    takeOneAfterAnother(parts, part);
    others.forEach(SideBySide::join);
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof Error error) {
      throw error;
    }
  }

  private void takeOneAfterAnother(int parts, IntPredicate part) {
    try {
      for (int i = next.getAndIncrement(); i < parts && !isOver; i = next.getAndIncrement()) {
        if (!part.test(i)) {
          isOver = true;
        }
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private synchronized void fail(Throwable e) {
    isOver = true;
    if (failure == null) {
      failure = e;
    } else if (!failure.equals(e)) {
      failure.addSuppressed(e);
    }
  }

  private static void join(Thread thread) {
    boolean wasInterrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
