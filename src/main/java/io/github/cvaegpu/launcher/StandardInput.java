// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * What the user gave the program on standard input. A program that the launcher started has a pipe
 * from the launcher there, see {@link LauncherWatch}; what the user gave is the launcher's.
 */
public final class StandardInput {
  private StandardInput() {}

  /**
   * Opens it.
   *
   * @return to be read by one reader; a file from its beginning
   * @throws IOException if the launcher's standard input cannot be reached from here, with a
   *     message for people: that takes Linux
   */
  public static InputStream open() throws IOException {
    if (System.getProperty(LauncherWatch.PROPERTY) == null) {
      return System.in;
    }
    Optional<ProcessHandle> launcher = ProcessHandle.current().parent();
    if (!launcher.isPresent()) {
      throw new IOException("whoever started this program is gone");
    }
    try {
      return new FileInputStream("/proc/" + launcher.get().pid() + "/fd/0");
    } catch (FileNotFoundException e) {
      throw new IOException("it is closed, or of a kind that a second program cannot open", e);
    }
  }
}
