// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of the jar's files that are not the jar's bytes are made anew. */
class CopiesTest {
  private static final String NAME = "CpuLibraries.class";
  private static final String FOLDER = "io/github/cvaegpu/foreign/";
  private static final BundledLibrary BUNDLE = new BundledLibrary(FOLDER, List.of(NAME));
  private static final Resources.Resource SOURCE = Resources.find(FOLDER + NAME).orElseThrow();

  @TempDir private Path folder;
  private Path file;
  private byte[] whole;

  @BeforeEach
  void unpack() throws IOException {
    assertTrue(BUNDLE.unpack(folder));
    assertFalse(BUNDLE.unpack(folder));
    file = folder.resolve(NAME);
    whole = Resources.read(FOLDER + NAME).orElseThrow();
    assertArrayEquals(whole, Files.readAllBytes(file));
  }

  private byte[] damaged() {
    byte[] bytes = whole.clone();
    bytes[bytes.length / 2] ^= 1;
    return bytes;
  }

  private void assertIsMadeAnew() throws IOException {
    assertTrue(BUNDLE.unpack(folder));
    assertArrayEquals(whole, Files.readAllBytes(file));
    assertFalse(BUNDLE.unpack(folder));
  }

  @Test
  void oneFlippedBitOfACopyOfTheRightSizeAndTimeIsFound() throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    Files.write(file, damaged());
    Files.setLastModifiedTime(file, time);
    assertIsMadeAnew();
  }

  @Test
  void aCopyThatWasMovedThereIsLookedAt() throws IOException {
    Path other = folder.resolve("other");
    Files.write(other, whole);
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertFalse(BUNDLE.unpack(folder), "whole, if with other times");
    Files.write(other, damaged());
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertIsMadeAnew();
  }

  /** What a power cut does to a disk leaves a file's times alone. */
  @Test
  void theFirstRunAfterTheMachinesStartLooksAtTheBytes() throws IOException {
    assertTrue(Copies.in(folder).isWhole(NAME, SOURCE));
    Path record = folder.resolve("copies.txt");
    String text = Files.readString(record);
    String digest = text.lines().toList().get(1).split(" ", -1)[2];
    // As if the bytes were others than those that were written: their digest is not this.
    Files.writeString(record, text.replace(digest, "0".repeat(64)));
    assertTrue(Copies.in(folder).isWhole(NAME, SOURCE), "this boot's are known by their times");
    assertFalse(Copies.in(folder, "another boot").isWhole(NAME, SOURCE));
  }

  @Test
  void alsoAnotherBootKeepsWholeCopies() throws IOException {
    Copies copies = Copies.in(folder, "another boot");
    assertTrue(copies.isWhole(NAME, SOURCE));
    copies.save();
    assertEquals("boot another boot", Files.readAllLines(folder.resolve("copies.txt")).getFirst());
  }

  @Test
  void aCopyOfAnotherVersionIsReplaced() throws IOException {
    Path record = folder.resolve("copies.txt");
    String crc = Long.toString(SOURCE.crc32());
    Files.writeString(record, Files.readString(record).replace(" " + crc + " ", " 1 "));
    assertIsMadeAnew();
  }

  @Test
  void withoutARecordNothingIsTrusted() throws IOException {
    for (String damage : new String[] {"", "nonsense", "Sgemm.class 1 2 3"}) {
      Files.writeString(folder.resolve("copies.txt"), damage);
      Files.write(file, damaged());
      assertIsMadeAnew();
    }
  }

  @Test
  void linksAndFilesThatOthersWriteToAreReplaced() throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
    assertIsMadeAnew();
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(file, elsewhere);
    Files.createSymbolicLink(file, elsewhere);
    assertIsMadeAnew();
    assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
  }
}
