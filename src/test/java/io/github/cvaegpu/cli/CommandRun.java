// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * A command that was run in the tests' own process.
 *
 * @param code its exit code
 * @param out what it printed on standard output
 * @param err what it printed on standard error
 */
record CommandRun(int code, String out, String err) {
  static CommandRun of(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code = CvaeGpu.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    return new CommandRun(code, out.toString(), err.toString());
  }

  static CommandRun of(List<String> args) {
    return of(args.toArray(new String[0]));
  }

  /** Its standard error was one sentence, perhaps with a hint at the help, and nothing else. */
  String refusal() {
    assertEquals(ExitCode.BAD_INPUT, code, err);
    assertEquals("", out);
    List<String> lines = err.lines().toList();
    assertFalse(lines.isEmpty());
    assertTrue(lines.size() == 1 || lines.get(1).matches("Try: .* --help"), err);
    assertTrue(lines.size() <= 2, err);
    assertTrue(lines.getFirst().matches(".*[.?]"), err);
    return lines.getFirst();
  }

  CommandRun succeeded() {
    assertEquals(ExitCode.OK, code, err);
    return this;
  }

  /** The JSON of its last line. */
  JsonObject json() {
    return JsonParser.parseString(out.lines().toList().getLast()).getAsJsonObject();
  }
}
