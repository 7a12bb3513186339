// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends the program when the launcher that started it is gone: a user who kills the process that
 * they know of must not leave one behind that they do not. Hears of SIGUSR1 too, whether it was
 * sent to this process or to the launcher.
 */
public final class LauncherWatch {
  /** System property that the launcher sets in the JVM that it starts. */
  static final String PROPERTY = "cvaegpu.launcher";

  /** As a shell says of a process that was killed by SIGKILL. */
  private static final int KILLED = 137;

  private LauncherWatch() {}

  /**
   * The JVM's option by which the program ends with the process that has started it: once the pipe
   * that is its standard input breaks.
   */
  public static String option() {
    return "-D" + PROPERTY + "=true";
  }

  /**
   * Starts to watch from a daemon thread, which reads standard input. Where the program was started
   * without the launcher, there is SIGUSR1 alone to hear of.
   *
   * @param onUserSignal what SIGUSR1 asks for; run on a thread of its own, and once, however often
   *     and on whatever way the signal comes
   */
  public static void start(Runnable onUserSignal) {
    boolean isLaunched = System.getProperty(PROPERTY) != null;
    FileChannel input = isLaunched ? new FileInputStream(FileDescriptor.in).getChannel() : null;
    AtomicBoolean isDone = new AtomicBoolean();
    Runnable once =
        () -> {
          if (isDone.compareAndSet(false, true)) {
            onUserSignal.run();
          }
        };
    Thread watch = new Thread(() -> watch(input, once), "launcher-watch");
    watch.setDaemon(true);
    watch.start();
    if (isLaunched) {
      try {
        // System.exit waits 0.3 s for a thread that is in a system call, unless that is cut short.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(input), "launcher-watch-end"));
      } catch (IllegalStateException e) {
        // The JVM is ending already.
        return;
      }
    }
  }

  private static void watch(FileChannel input, Runnable onUserSignal) {
    UserSignal.handle(onUserSignal);
    if (input != null) {
      awaitEnd(input, onUserSignal);
    }
  }

  /** The launcher never closes the pipe, so its end is the launcher's; a byte is a SIGUSR1. */
  private static void awaitEnd(FileChannel input, Runnable onUserSignal) {
    ByteBuffer bytes = ByteBuffer.allocate(64);
    try {
      while (input.read(bytes) >= 0) {
        bytes.clear();
        new Thread(onUserSignal, "user-signal").start();
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
