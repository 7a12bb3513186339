// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;

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
    FileChannel input = new FileInputStream(FileDescriptor.in).getChannel();
    Thread watch = new Thread(() -> awaitEnd(input), "launcher-watch");
    watch.setDaemon(true);
    watch.start();
    // System.exit waits 0.3 s for a thread that is in a system call, unless that is cut short.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(input), "launcher-watch-end"));
  }

  /** The launcher writes nothing and never closes the pipe: its end is the launcher's. */
  private static void awaitEnd(FileChannel input) {
    ByteBuffer ignored = ByteBuffer.allocate(64);
    try {
      while (input.read(ignored) >= 0) {
        ignored.clear();
      }
    } catch (ClosedChannelException e) {
      // The program is ending by itself.
      return;
    } catch (IOException e) {
      // A pipe that cannot be read has no launcher at its other end either.
    }
    Runtime.getRuntime().halt(KILLED);
  }

  private static void stop(FileChannel input) {
    try {
      input.close();
    } catch (IOException e) {
      // The JVM is ending and closes it anyway.
      return;
    }
  }
}
