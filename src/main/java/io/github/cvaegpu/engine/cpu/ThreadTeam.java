// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Threads that run the same body together and meet at barriers. */
final class ThreadTeam implements AutoCloseable {
  /** Most threads of a team. */
  static final int MAX_THREADS = 256;

  /**
   * How long a waiting thread spins before it gives its core up: longer than the others take where
   * every thread has a core of its own, and no longer, for where one's core is busy, that thread
   * needs this one's.
   */
  private static final long SPIN_NANOS = 30_000;

  /**
   * How long it then sleeps. It sleeps and does not yield, because a thread that wakes is put on an
   * idle core: two that only yielded to each other have been seen to share one core for whole
   * epochs.
   */
  private static final long SLEEP_NANOS = 20_000;

  /** What every thread of the team runs. */
  @FunctionalInterface
  interface Body {
    void run(Member member);
  }

  private final int threads;
  private final boolean hasProcessors;
  private final ThreadPoolExecutor helpers;
  private final List<Member> members = new ArrayList<>();
  private final AtomicInteger arrived = new AtomicInteger();
  private volatile int generation;
  private volatile boolean failed;

  /**
   * Starts the threads.
   *
   * @param threads from 1 to {@value #MAX_THREADS}
   */
  ThreadTeam(int threads) {
    this(threads, Thread.ofPlatform().daemon().name("cpu-engine-", 1).factory());
  }

  /** A team whose threads but the caller's are another factory's. */
  ThreadTeam(int threads, ThreadFactory factory) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads: " + threads);
    }
    this.threads = threads;
    // Otherwise the one waited for needs the processor of the one that waits.
    hasProcessors = Processors.ofThisProcess().hasOneForEachOf(threads);
    for (int i = 0; i < threads; i++) {
      members.add(new Member(i));
    }
    int others = threads - 1;
    helpers =
        new ThreadPoolExecutor(
            others, Math.max(1, others), 0, SECONDS, new LinkedBlockingQueue<>(), factory);
    try {
      // Now: where the system has no thread left later, those that run would wait for ever.
      helpers.prestartAllCoreThreads();
    } catch (Throwable e) {
      helpers.shutdown();
      throw e;
    }
  }

  int threads() {
    return threads;
  }

  /** Whether each thread has a processor, so that waiting by spinning takes none from another. */
  boolean hasProcessors() {
    return hasProcessors;
  }

  /** Runs a body on every thread, the caller's among them, and returns when all are done. */
  void run(Body body) {
    failed = false;
    arrived.set(0);
    List<Future<?>> running = new ArrayList<>();
    Throwable failure = null;
    try {
      for (Member member : members.subList(1, threads)) {
        running.add(helpers.submit(() -> guarded(body, member)));
      }
      guarded(body, members.getFirst());
    } catch (Throwable e) {
      // Errors too: helpers left alone would wait at a barrier for ever, or write to freed memory.
      failed = true;
      failure = e;
    }
    for (Future<?> helper : running) {
      failure = join(helper, failure);
    }
    if (failure != null) {
      throw unchecked(failure);
    }
  }

  /** Throws an error, and gives an exception to be thrown. */
  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException exception
        ? exception
        : new IllegalStateException("a thread of the CPU engine failed", failure);
  }

  private void guarded(Body body, Member member) {
    boolean done = false;
    try {
      body.run(member);
      done = true;
    } finally {
      if (!done) {
        failed = true;
      }
    }
  }

  /**
   * Waits for a helper; keeps the failure that came first, not its echo at the others' barriers.
   */
  private static Throwable join(Future<?> helper, Throwable failure) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          helper.get();
          return failure;
        } catch (InterruptedException e) {
          // The body decides when it ends; an interrupt must not leave it running alone.
          interrupted = true;
        } catch (ExecutionException e) {
          boolean echo = e.getCause() instanceof TeamMateFailedException;
          if (failure == null || (failure instanceof TeamMateFailedException && !echo)) {
            return e.getCause();
          }
          return failure;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    helpers.shutdown();
  }

  /** Thrown at a barrier that a failed thread will never reach. */
  private static final class TeamMateFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** One thread's view of the team. */
  final class Member {
    private final int index;

    private Member(int index) {
      this.index = index;
    }

    /** Which thread of the team this is, from 0. */
    int index() {
      return index;
    }

    /** First of this thread's share of so many things. */
    int firstOf(int count) {
      return (int) ((long) count * index / threads);
    }

    /** End of this thread's share of so many things. */
    int endOf(int count) {
      return (int) ((long) count * (index + 1) / threads);
    }

    /** True on exactly one thread: the caller's. */
    boolean isLead() {
      return index == 0;
    }

    /** Waits for all threads; what they wrote before is visible after. */
    void barrier() {
      int mine = generation;
      if (arrived.incrementAndGet() == threads) {
        arrived.set(0);
        generation = mine + 1;
        return;
      }
      // A time, not a number of spins: that of one differs tenfold from processor to processor.
      long start = System.nanoTime();
      while (generation == mine) {
        if (failed) {
          throw new TeamMateFailedException();
        }
        if (hasProcessors && System.nanoTime() - start < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(SLEEP_NANOS);
        }
      }
    }
  }
}
