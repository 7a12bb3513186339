// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.RegularFile.Links;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class RegularFileTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path folder;

  private Path pipe() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  private static void refused(Path file, String kind, Links links) {
    for (Executable open :
        List.<Executable>of(
            () -> RegularFile.require(file, links),
            () -> RegularFile.openToRead(file, links),
            () -> RegularFile.newInputStream(file, links),
            () -> RegularFile.readAllBytes(file, links, 100),
            () -> RegularFile.openToWrite(file))) {
      String message =
          assertTimeoutPreemptively(
              SOON, () -> assertThrows(InputException.class, open).getMessage());
      assertTrue(message.startsWith(file + " is ") && message.contains(kind), message);
      assertTrue(message.endsWith(", not a regular file."), message);
    }
  }

  @Test
  void aPipeIsRefusedAndNotWaitedFor() throws IOException, InterruptedException {
    Path pipe = pipe();
    refused(pipe, "a pipe", Links.REFUSED);
    Path link = Files.createSymbolicLink(folder.resolve("link"), pipe);
    assertTimeoutPreemptively(
        SOON,
        () ->
            assertThrows(
                InputException.class, () -> RegularFile.newInputStream(link, Links.FOLLOWED)));
  }

  @Test
  void aDeviceIsRefusedAndNotRead() throws IOException {
    refused(Path.of("/dev/zero"), "a device", Links.FOLLOWED);
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/zero"));
    refused(link, "a link", Links.REFUSED);
  }

  @Test
  void aFolderIsRefused() {
    refused(folder, "a folder", Links.REFUSED);
  }

  @Test
  void aLinkIsRefusedOrFollowed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "content");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    refused(link, "a link", Links.REFUSED);
    assertEquals(
        "content",
        new String(RegularFile.readAllBytes(link, Links.FOLLOWED, 7), StandardCharsets.US_ASCII));
    try (var in = RegularFile.openToRead(link, Links.FOLLOWED)) {
      assertEquals(7, in.size());
    }
  }

  @Test
  void nothingIsWrittenThroughALinkThatLeadsNowhere() throws IOException {
    Path target = folder.resolve("target");
    Path link = Files.createSymbolicLink(folder.resolve("link"), target);
    assertTrue(RegularFile.isTaken(link));
    assertFalse(RegularFile.isTaken(target));
    assertThrows(InputException.class, () -> RegularFile.openToWrite(link));
    assertFalse(Files.exists(target));
  }

  @Test
  void makesAFileAndLeavesWhatOneHolds() throws IOException {
    Path file = folder.resolve("file");
    try (var out = RegularFile.openToWrite(file)) {
      out.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }
    try (var out = RegularFile.openToWrite(file)) {
      out.write(ByteBuffer.wrap(new byte[] {9}));
    }
    assertArrayEquals(new byte[] {9, 2, 3}, Files.readAllBytes(file));
  }

  @Test
  void readsUpToTheEndThatItHadWhenOpened() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "abc");
    try (var in = RegularFile.newInputStream(file, Links.REFUSED)) {
      Files.writeString(file, "def", StandardOpenOption.APPEND);
      assertEquals('a', in.read());
      assertEquals(1, in.skip(1));
      assertEquals("c", new String(in.readAllBytes(), StandardCharsets.US_ASCII));
      assertEquals(-1, in.read());
      assertEquals(0, in.available());
    }
  }

  @Test
  void aFileThatIsTooLongIsNotRead() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "12345");
    assertEquals(5, RegularFile.readAllBytes(file, Links.REFUSED, 5).length);
    String message =
        assertThrows(InputException.class, () -> RegularFile.readAllBytes(file, Links.REFUSED, 4))
            .getMessage();
    assertEquals(file + " has 5 bytes, more than the 4 that such a file may have.", message);
  }

  @Test
  void nothingIsNoFile() {
    Path file = folder.resolve("absent");
    assertThrows(NoSuchFileException.class, () -> RegularFile.newInputStream(file, Links.REFUSED));
  }

  @Test
  void aReplacedFileIsAnother() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "a");
    Object before = RegularFile.identity(file).orElseThrow();
    Files.writeString(file, "longer", StandardOpenOption.APPEND);
    assertEquals(before, RegularFile.identity(file).orElseThrow());
    Path other = Files.writeString(folder.resolve("other"), "a");
    assertNotEquals(before, RegularFile.identity(other).orElseThrow());
    Files.delete(file);
    assertTrue(RegularFile.identity(file).isEmpty());
  }
}
