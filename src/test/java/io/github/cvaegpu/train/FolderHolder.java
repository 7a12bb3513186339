// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.foreign.NvidiaWheels;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Another process that has the folder of a run open for training, and does nothing there. */
public final class FolderHolder implements AutoCloseable {
  private final Process process;

  /** Opens a folder that holds a run; returns when it is open. */
  public FolderHolder(Path folder) throws IOException {
    process = NvidiaWheels.java(Main.class, folder.toString()).start();
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    assertEquals(folder.toString(), said.readLine());
  }

  /** What that process runs. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
      try (var directory = RunDirectory.resume(Path.of(args[0]))) {
        System.out.println(directory.folder());
        while (System.in.read() >= 0) {
          Thread.onSpinWait();
        }
      }
    }
  }

  /** Whether it is at work. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** As {@code kill -9}. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
