// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Lets Ctrl-C and SIGTERM end a run in order: the JVM's shutdown waits, within a shutdown hook, for
 * the run to stop by itself, and {@link #exit} then ends the process with the run's own code.
 */
final class Interruption implements AutoCloseable {
  /** Whether the JVM's shutdown is held back until {@link #exit}. */
  private static volatile boolean shutdownHeld;

  /** Whether a shutdown is held back, or would be. */
  private static volatile boolean installed;

  /** Whether it was SIGUSR1 that asked for the shutdown. */
  private static volatile boolean isUserSignal;

  private final Thread hook = new Thread(this::stopAndWait, "interruption");
  private volatile boolean requested;

  private Interruption() {}

  /** Begins to hold back the JVM's shutdown. */
  static Interruption install() {
    var interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    installed = true;
    return interruption;
  }

  /** Whether the run is to stop. */
  boolean isRequested() {
    return requested;
  }

  private void stopAndWait() {
    requested = true;
    try {
      // Nobody counts it down: whatever the run has yet to say is said before the JVM halts.
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      // Nobody interrupts shutdown hooks; if somebody does, the shutdown goes on at once.
      Thread.currentThread().interrupt();
    }
  }

  /** The run has stopped. */
  @Override
  public void close() {
    installed = false;
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is shutting down and waits for the hook.
      shutdownHeld = true;
    }
  }

  /** SIGUSR1: a run stops as for SIGTERM, but what stopped ends with "try again". */
  static void userSignal() {
    isUserSignal = true;
    if (!installed) {
      System.err.println("Stopped by SIGUSR1; run the command again.");
    }
    System.exit(ExitCode.TRY_AGAIN);
  }

  /** Ends the process once everything is said; also in the middle of a shutdown held back. */
  static void exit(int code) {
    if (shutdownHeld) {
      boolean tryAgain = isUserSignal && code == ExitCode.INTERRUPTED;
      Runtime.getRuntime().halt(tryAgain ? ExitCode.TRY_AGAIN : code);
    }
    System.exit(code);
  }
}
