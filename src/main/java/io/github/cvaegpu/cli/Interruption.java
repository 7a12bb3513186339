// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Lets Ctrl-C and SIGTERM end a run in order: the JVM's shutdown waits, within a shutdown hook, for
 * the run to stop by itself, and then exits with the run's own code.
 */
final class Interruption implements AutoCloseable {
  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "interruption");
  private volatile boolean requested;

  private Interruption() {}

  /** Begins to hold back the JVM's shutdown. */
  static Interruption install() {
    var interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Whether the run is to stop. */
  boolean isRequested() {
    return requested;
  }

  private void stopAndWait() {
    requested = true;
    try {
      finished.await();
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    } catch (InterruptedException e) {
      // Nobody interrupts shutdown hooks; if somebody does, the shutdown goes on at once.
      Thread.currentThread().interrupt();
    }
  }

  /** The run has stopped and said so. */
  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is shutting down: the hook is what it waits for.
      return;
    }
  }
}
