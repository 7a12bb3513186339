// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
  /** A device that takes some bytes and then no more. */
  private static final class FullDevice extends OutputStream {
    private int room;

    FullDevice(int room) {
      this.room = room;
    }

    @Override
    public void write(int b) throws IOException {
      if (room == 0) {
        throw new IOException("No space left on device");
      }
      room--;
    }
  }

  private static int exitCode(int room, boolean isReaderGone, int code, StringWriter err) {
    var output = new StandardOutput(new FullDevice(room), () -> isReaderGone);
    var out = PrintableWriter.to(new OutputStreamWriter(output, StandardCharsets.UTF_8));
    out.println("ten bytes");
    out.flush();
    return output.exitCode(code, new PrintWriter(err, true));
  }

  @Test
  void whatIsWrittenIsASuccess() {
    var err = new StringWriter();
    assertEquals(ExitCode.OK, exitCode(10, false, ExitCode.OK, err));
    assertEquals("", err.toString());
  }

  @Test
  void oneByteLessIsAFailureAndASentence() {
    var err = new StringWriter();
    assertEquals(ExitCode.FAILED, exitCode(9, false, ExitCode.OK, err));
    assertEquals(
        "Standard output could not be written to: No space left on device."
            + System.lineSeparator(),
        err.toString());
    assertEquals(ExitCode.DIVERGED, exitCode(0, false, ExitCode.DIVERGED, err));
  }

  @Test
  void aReaderThatLeftIsNoReasonForWords() {
    var err = new StringWriter();
    assertEquals(ExitCode.READER_GONE, exitCode(3, true, ExitCode.OK, err));
    assertEquals(ExitCode.INTERRUPTED, exitCode(3, true, ExitCode.INTERRUPTED, err));
    assertEquals("", err.toString());
  }
}
