// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of what the other process says; the real one is in ServeIT. */
class ServeProcessTest {
  /** Told of a process that prints this to its standard error and that to its output. */
  private static String told(String errors, String output, String then) {
    var told = new StringWriter();
    var script = "printf %s \"$1\" >&2; printf %s \"$2\"; " + then;
    try (var page = ServeProcess.start(List.of("sh", "-c", script, "sh", errors, output))) {
      page.tell(new PrintWriter(told, true));
    }
    return told.toString();
  }

  @Test
  void whatTheJvmSaysOfItsOptionsIsNotTakenForTheAddress() {
    String expected = "Page of this run: http://127.0.0.1:8642/\n";
    String address = "Runs in runs/a: http://127.0.0.1:8642/\n";
    assertEquals(expected, told("", address, "exec sleep 60"));
    assertEquals(expected, told("Picked up JAVA_TOOL_OPTIONS: -Dx=1\n", address, "exec sleep 60"));
    assertEquals(
        expected,
        told("Picked up JAVA_TOOL_OPTIONS: -Dto=http://there:1/\n", address, "exec sleep 60"));
  }

  @Test
  void whereThereIsNoPageAllThatWasSaidIsTold() {
    String picked = "Picked up JAVA_TOOL_OPTIONS: -Dx=1\n";
    String refusal = "No port from 8642 to 8662 of 127.0.0.1 can be listened to.\n";
    String warning = "Warning: there is no page of this run: ";
    assertEquals(warning + refusal, told(refusal, "", "exit 1"));
    assertEquals(warning + picked.strip() + " " + refusal, told(picked + refusal, "", "exit 1"));
    assertEquals(warning + "it has ended.\n", told("", "", "exit 1"));
    assertEquals(warning + "1 2 3 4 5\n", told("1\n2\n3\n4\n5\n6\n7\n", "", "exit 1"));
  }

  @Test
  void nothingIsToldOfWhatNobodyWants() {
    var told = new StringWriter();
    ServeProcess.NONE.tell(new PrintWriter(told, true));
    assertEquals("", told.toString());
  }
}
