// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * The main class of a process that runs commands one after another, in the working directory that a
 * user would be in: of each all that it says, and then a line of how it ended.
 */
final class CommandSession {
  private CommandSession() {}

  public static void main(String[] commands) {
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    for (String command : commands) {
      int code = CvaeGpu.run(command.split(" +", -1), out, out);
      out.println("exit " + code + ": " + command);
    }
  }
}
