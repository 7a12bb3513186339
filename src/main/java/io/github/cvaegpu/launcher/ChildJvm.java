// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The program's JVM as a child of this one, which it stands in for: standard output is the same,
 * standard error is passed on, a request to end goes to the child, and this JVM ends when the child
 * does, with its exit code.
 *
 * <p>The child's standard input is a pipe that nothing is written to but a byte for a SIGUSR1. It
 * breaks when this JVM is gone, whatever ended it, and {@link LauncherWatch} ends the child then. A
 * command that reads standard input opens this JVM's, by {@link StandardInput}.
 */
final class ChildJvm {
  /** The program's own exit code for a SIGUSR1, and that of sysexits.h for "try again". */
  private static final int TRY_AGAIN = 75;

  private final ClassArchive archive;
  private Process process;
  private StderrPump pump;
  private boolean ending;

  private ChildJvm(ClassArchive archive) {
    this.archive = archive;
  }

  /**
   * Starts the child and ends this JVM with it. Returns only if this JVM was told to end before the
   * child was started.
   *
   * @param archive what the child leaves for the next start; null if nothing
   * @throws LaunchException if the child cannot be started
   */
  static void runAndExit(ProcessBuilder builder, ClassArchive archive) {
    ChildJvm child = new ChildJvm(archive);
    Runtime.getRuntime().addShutdownHook(new EndHook(child));
    if (child.start(builder)) {
      child.exitWithIt();
    }
  }

  /** Locked against {@link #end()}, so that no child is started and then not told. */
  private synchronized boolean start(ProcessBuilder builder) {
    if (ending) {
      return false;
    }
    try {
      process = builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new LaunchException("cvae-gpu cannot be started: " + e.getMessage() + ".", e);
    }
    pump = new StderrPump(process.getErrorStream());
    pump.start();
    // Only now, while the child starts and this JVM has nothing else to do.
    UserSignal.handle(new Forwarder(process.getOutputStream()));
    return true;
  }

  /** Asks the child to end and waits for it, however long its last checkpoint takes. */
  private void end() {
    synchronized (this) {
      ending = true;
      if (process == null) {
        return;
      }
    }
    // Windows can only kill, but there Ctrl-C in a console reaches the child by itself.
    if (process.supportsNormalTermination()) {
      // Process.destroy() would also close the pipes, and the child would die of that.
      process.toHandle().destroy();
    }
    exitWithIt();
  }

  /** Two threads may come here, of main and of the hook: both wait for the same and do the same. */
  private void exitWithIt() {
    int code;
    try {
      code = process.waitFor();
      pump.awaitEnd();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
    if (archive != null) {
      archive.finish(code);
    }
    if (code == UserSignal.KILLED && System.getProperty("os.name").equals("Linux")) {
      // The signal came before the child could take it: nothing was begun that could be lost.
      System.err.println("Stopped by SIGUSR1 before anything was begun; run the command again.");
      code = TRY_AGAIN;
    }
    Runtime.getRuntime().halt(code);
  }

  /** Tells the child of a SIGUSR1 that was sent to this JVM alone. */
  private static final class Forwarder implements Runnable {
    private final OutputStream toChild;

    Forwarder(OutputStream toChild) {
      this.toChild = toChild;
    }

    @Override
    public void run() {
      try {
        toChild.write('\n');
        toChild.flush();
      } catch (IOException e) {
        // The child is ending already.
        return;
      }
    }
  }

  /** Runs when this JVM was sent a signal to end. */
  private static final class EndHook extends Thread {
    private final ChildJvm child;

    EndHook(ChildJvm child) {
      super("end-child");
      this.child = child;
    }

    @Override
    public void run() {
      child.end();
    }
  }

  /** Passes the child's standard error on. */
  private static final class StderrPump extends Thread {
    private static final int IDLE_MILLIS = 500;

    private final InputStream in;

    /** Counts the beginnings and ends of reads, all in one thread: odd while a read waits. */
    private volatile int reads;

    StderrPump(InputStream in) {
      super("stderr");
      this.in = in;
      setDaemon(true);
    }

    @Override
    public void run() {
      // System.err would decode and buffer.
      FileOutputStream err = new FileOutputStream(FileDescriptor.err);
      byte[] bytes = new byte[8192];
      boolean readable = true;
      try {
        while (true) {
          reads++;
          int length = in.read(bytes);
          reads++;
          if (length < 0) {
            break;
          }
          // Nobody may be listening any more. The child must not block because of that.
          if (readable) {
            try {
              err.write(bytes, 0, length);
            } catch (IOException e) {
              readable = false;
            }
          }
        }
      } catch (IOException e) {
        // The pipe is gone, and with it all that could be passed on.
        return;
      }
    }

    /**
     * Waits until everything that the child wrote is passed on. A process that the child left
     * behind may hold the pipe open, so half a second in one read, after the child's end, counts as
     * the end of it too.
     */
    void awaitEnd() throws InterruptedException {
      while (isAlive()) {
        int before = reads;
        join(IDLE_MILLIS);
        if (before % 2 != 0 && before == reads) {
          return;
        }
      }
    }
  }
}
