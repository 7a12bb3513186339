// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.IOException;

/**
 * Ends the program when the launcher that started it is gone: a user who kills the process that
 * they know of must not leave one behind that they do not.
 */
public final class LauncherWatch {
  /** System property that the launcher sets in the JVM that it starts. */
  static final String PROPERTY = "cvaegpu.launcher";

  /** As a shell says of a process that was killed by SIGKILL. */
  private static final int KILLED = 137;

  private LauncherWatch() {}

  /**
   * Starts to watch the launcher from a daemon thread, which reads standard input. Does nothing
   * where the program was started without the launcher.
   */
  public static void start() {
    if (System.getProperty(PROPERTY) == null) {
      return;
    }
    Thread watch = new Thread(LauncherWatch::awaitEnd, "launcher-watch");
    watch.setDaemon(true);
    watch.start();
  }

  /** The launcher writes nothing and never closes the pipe: its end is the launcher's. */
  private static void awaitEnd() {
    byte[] ignored = new byte[64];
    try {
      int length;
      do {
        length = System.in.read(ignored);
      } while (length >= 0);
    } catch (IOException e) {
      // A pipe that cannot be read has no launcher at its other end either.
    }
    Runtime.getRuntime().halt(KILLED);
  }
}
