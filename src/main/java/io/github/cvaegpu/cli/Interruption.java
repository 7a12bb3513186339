// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.train.AtomicFile;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What Ctrl-C and SIGTERM do to a command, and SIGUSR1 with another exit code. As a rule they end
 * the process at once, with a word and {@link ExitCode#INTERRUPTED}: most commands have nothing to
 * lose, and files are replaced whole, which is waited for. A command that has something to put away
 * first holds the JVM's shutdown back as long as an {@link #install() interruption} is open, asks
 * it now and then, and comes to its own end; {@link #exit} then ends the process with the command's
 * code.
 *
 * <p>The shutdown waits within a shutdown hook. So all that a command does after a signal that is
 * held back, it does in a JVM that takes no more shutdown hooks, and some of Java's own classes
 * fail to make one: what fails after a request counts as stopped.
 */
final class Interruption implements AutoCloseable {
  private static final Object LOCK = new Object();

  /** How long work may take to notice that its thread was interrupted. */
  private static final long PATIENCE_SECONDS = 5;

  /** Interruptions open. */
  private static int held;

  /** A thread in a wait that an interrupt ends; null if there is none. */
  private static Thread waiting;

  /** The process ends by itself. */
  private static boolean isOver;

  private static volatile boolean requested;

  /** Whether it was SIGUSR1 that asked for it. */
  private static volatile boolean isUserSignal;

  private boolean open = true;

  private Interruption() {}

  /**
   * Listens for requests to end, as long as the process lives.
   *
   * @param err where to say that it was stopped
   */
  static void watch(PrintWriter err) {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(err), "interruption"));
    } catch (IllegalStateException e) {
      // It came before this: the JVM is ending already.
      halt(err);
    }
  }

  private static void end(PrintWriter err) {
    try {
      stopAndWait(err);
    } catch (InterruptedException e) {
      // Nobody interrupts shutdown hooks; if somebody does, the shutdown goes on at once.
      Thread.currentThread().interrupt();
    }
  }

  /** Returns only if the process ends by itself already. */
  private static void stopAndWait(PrintWriter err) throws InterruptedException {
    synchronized (LOCK) {
      if (isOver) {
        return;
      }
      requested = true;
      if (held == 0) {
        halt(err);
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (waiting != null) {
        waiting.interrupt();
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          halt(err);
        }
        LOCK.wait(left);
      }
      // Whatever the command has yet to say is said before exit() halts the JVM.
      while (true) {
        LOCK.wait();
      }
    }
  }

  private static void halt(PrintWriter err) {
    AtomicFile.finishAll();
    err.println(sentence());
    err.flush();
    Runtime.getRuntime().halt(code(ExitCode.INTERRUPTED));
  }

  /** Begins to hold back the JVM's shutdown. */
  static Interruption install() {
    synchronized (LOCK) {
      held++;
    }
    return new Interruption();
  }

  /** Whether the command is to stop. */
  boolean isRequested() {
    return requested;
  }

  /** Whether the process was asked to stop. */
  static boolean wasRequested() {
    return requested;
  }

  /** Says something, unless the process was asked to stop: what is said then is the last word. */
  static void tell(PrintWriter err, String line) {
    synchronized (LOCK) {
      if (!requested) {
        err.println(line);
      }
    }
  }

  /** The command is done with what had to be held. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (open) {
        open = false;
        held--;
      }
    }
  }

  /** SIGUSR1: what SIGTERM does, but what stopped ends with "try again". */
  static void userSignal() {
    isUserSignal = true;
    System.exit(ExitCode.TRY_AGAIN);
  }

  /** What a command that was stopped says last, where it has nothing else to say. */
  static String sentence() {
    return isUserSignal ? "Stopped by SIGUSR1; run the command again." : "Stopped.";
  }

  private static int code(int code) {
    return isUserSignal && code == ExitCode.INTERRUPTED ? ExitCode.TRY_AGAIN : code;
  }

  /**
   * Holds nothing any more: what follows may be cut off at any moment.
   *
   * @throws StoppedException if a request came before
   */
  void release() {
    synchronized (LOCK) {
      close();
      if (requested) {
        throw new StoppedException(null);
      }
    }
  }

  /**
   * Does work that waits and takes an interrupt of its thread for a request to clear up and end.
   *
   * @throws StoppedException if it was stopped, or its end came together with a request
   */
  static <T> T interruptibly(Supplier<T> work) {
    Interruption interruption;
    // In one piece: a request that came between the two would wait for the work and not cut it
    // short.
    synchronized (LOCK) {
      if (requested) {
        throw new StoppedException(null);
      }
      interruption = install();
      waiting = Thread.currentThread();
    }
    T result;
    try {
      result = work.get();
    } catch (RuntimeException e) {
      throw requested ? new StoppedException(e) : e;
    } finally {
      synchronized (LOCK) {
        waiting = null;
        interruption.close();
        if (requested) {
          // It was meant for the work alone.
          Thread.interrupted();
        }
        LOCK.notifyAll();
      }
    }
    if (requested) {
      throw new StoppedException(null);
    }
    return result;
  }

  /** Ends the process once everything is said; also in the middle of a shutdown held back. */
  static void exit(int code) {
    synchronized (LOCK) {
      if (requested) {
        Runtime.getRuntime().halt(code(code));
      }
      isOver = true;
    }
    System.exit(code);
  }
}
