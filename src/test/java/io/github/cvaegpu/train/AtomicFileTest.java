// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  @TempDir private Path folder;

  @Test
  void createsAFileAndReplacesIt() throws IOException {
    Path file = folder.resolve("file");
    AtomicFile.replace(file, out -> out.write(bytes("old and long")));
    assertEquals("old and long", Files.readString(file));
    AtomicFile.replace(file, out -> out.write(bytes("new")));
    assertEquals("new", Files.readString(file));
    assertEquals(List.of(file), list());
  }

  @Test
  void theOldFileIsThereUntilTheNewOneIsWhole() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    AtomicFile.replace(
        file,
        out -> {
          out.write(bytes("ne"));
          assertEquals("old", Files.readString(file));
          assertEquals(2, list().size());
          out.write(bytes("w"));
        });
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    for (Throwable failure :
        List.of(new IOException("full"), new IllegalStateException(), new OutOfMemoryError())) {
      Throwable thrown =
          assertThrows(
              Throwable.class,
              () ->
                  AtomicFile.replace(
                      file,
                      out -> {
                        out.write(bytes("half of the n"));
                        sneak(failure);
                      }));
      assertSame(failure, thrown);
      assertEquals("old", Files.readString(file));
      assertEquals(List.of(file), list());
    }
  }

  @Test
  void aRenameThatFailsLeavesNothingBehind() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("directory"));
    Files.createFile(directory.resolve("occupant"));
    assertThrows(
        FileSystemException.class, () -> AtomicFile.replace(directory, out -> out.write(1)));
    assertEquals(List.of(directory), list());
  }

  @Test
  void failsWhereThereIsNoDirectory() {
    Path file = folder.resolve("missing").resolve("file");
    assertThrows(NoSuchFileException.class, () -> AtomicFile.replace(file, out -> out.write(1)));
    Path root = folder.getRoot();
    assertThrows(FileSystemException.class, () -> AtomicFile.replace(root, out -> out.write(1)));
  }

  @Test
  void anInterruptedThreadWritesAllTheSame() throws IOException {
    Path file = folder.resolve("file");
    Thread.currentThread().interrupt();
    try {
      AtomicFile.replace(file, out -> out.write(bytes("new")));
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aRelativeNameWithoutADirectoryIsInTheWorkingDirectory() throws IOException {
    Path file = Path.of("atomic-file-test.tmp");
    assertFalse(Files.exists(file));
    try {
      AtomicFile.replace(file, out -> out.write(bytes("here")));
      assertEquals("here", Files.readString(file));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Test
  void severalFilesAreThereTogether() throws IOException {
    Path one = Files.writeString(folder.resolve("one"), "old");
    Path two = folder.resolve("two");
    Map<Path, AtomicFile.Content> contents = new LinkedHashMap<>();
    contents.put(one, out -> out.write(bytes("new")));
    contents.put(
        two,
        out -> {
          assertEquals("old", Files.readString(one));
          out.write(bytes("as well"));
        });
    AtomicFile.replaceAll(contents);
    assertEquals("new", Files.readString(one));
    assertEquals("as well", Files.readString(two));
    assertEquals(2, list().size());
  }

  @Test
  void ofSeveralFilesNoneIsReplacedWhereOneCannotBeWritten() throws IOException {
    Path one = Files.writeString(folder.resolve("one"), "old");
    Path two = folder.resolve("two");
    AtomicFile.Content full =
        out -> {
          throw new IOException("full");
        };
    AtomicFile.Content sound = out -> out.write(1);
    Map<Path, AtomicFile.Content> unwritable =
        Map.of(two, full, folder.resolve("absent").resolve("two"), sound);
    for (var bad : unwritable.entrySet()) {
      Map<Path, AtomicFile.Content> contents = new LinkedHashMap<>();
      contents.put(one, out -> out.write(bytes("new")));
      contents.put(bad.getKey(), bad.getValue());
      assertThrows(IOException.class, () -> AtomicFile.replaceAll(contents));
      assertEquals("old", Files.readString(one));
      assertEquals(List.of(one), list());
    }
  }

  private List<Path> list() throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }
}
