// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code serve} refuses; what it serves is in ServeIT. */
class ServeCommandTest {
  @TempDir Path temp;

  private String refusal(String... options) {
    String[] words = new String[options.length + 2];
    words[0] = "serve";
    words[1] = temp.toString();
    System.arraycopy(options, 0, words, 2, options.length);
    return CommandRun.of(words).refusal();
  }

  @Test
  void theFolderHasToBeOne() throws IOException {
    Path absent = temp.resolve("absent");
    assertEquals(
        "There is no folder " + absent + ": name one that holds runs, or is to.",
        CommandRun.of("serve", absent.toString()).refusal());
    Path file = Files.createFile(temp.resolve("file"));
    assertEquals(
        file + " is a file: name a folder that holds runs, or is to.",
        CommandRun.of("serve", file.toString()).refusal());
  }

  @Test
  void thePortHasToBeOne() throws IOException {
    assertEquals("--port must be from 0 to 65535, not -1.", refusal("--port", "-1"));
    assertEquals("--port must be from 0 to 65535, not 65536.", refusal("--port", "65536"));
    assertEquals("--port must be a whole number, not 'http'.", refusal("--port", "http"));
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = "" + taken.getLocalPort();
      String message = refusal("--port", port);
      assertTrue(message.startsWith("Port " + port + " of 127.0.0.1 cannot be listened"), message);
    }
  }

  @Test
  void theHostHasToBeThisMachine() {
    assertEquals(
        "--host has to be an address of this machine, and no-such-host.invalid is no address that"
            + " is known.",
        refusal("--host", "no-such-host.invalid"));
    // Of the documents' own addresses, which no machine has.
    String message = refusal("--host", "192.0.2.1", "--port", "0");
    assertTrue(message.startsWith("Port 0 of 192.0.2.1 cannot be listened to ("), message);
  }

  @Test
  void runsAreNotStoppedOverANetwork() {
    String message = refusal("--host", "0.0.0.0", "--allow-stop");
    assertTrue(message.startsWith("--allow-stop is for this machine alone: "), message);
  }
}
