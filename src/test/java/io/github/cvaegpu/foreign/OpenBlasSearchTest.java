// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenBlasSearchTest {
  private static final List<String> NOT_INSTALLED = List.of("libcvae-no-such-blas.so");

  /** Files that are in the jar and that no linker can load. */
  private static final BundledLibrary NO_LIBRARY =
      new BundledLibrary("io/github/cvaegpu/foreign/", List.of("Sgemm.class", "OpenBlas.class"));

  @TempDir private Path folder;

  private static BundledLibrary bundle() {
    BundledLibrary bundle = OpenBlasSearch.bundle(BundledLibrary.platform());
    assumeTrue(bundle.isInJar(), "the jar has no OpenBLAS for " + BundledLibrary.platform());
    return bundle;
  }

  private static OpenBlasSearch.Outcome search(
      BundledLibrary bundle, NativeFolder.Place... places) {
    return new OpenBlasSearch(bundle, List.of(places), NOT_INSTALLED).run(Optional.empty());
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** A folder below a file cannot be made. */
  private Path unwritable() throws IOException {
    return Files.writeString(folder.resolve("file"), "").resolve("native");
  }

  @Test
  void copiesDamagedByAPowerCutAreReplaced() throws IOException {
    BundledLibrary bundle = bundle();
    Path cache = folder.resolve("cache");
    bundle.unpack(cache);
    for (String name : bundle.names()) {
      long size = Files.size(cache.resolve(name));
      Files.write(cache.resolve(name), new byte[Math.toIntExact(size)]);
    }
    OpenBlas found = search(bundle, () -> cache).orThrow();
    assertEquals(cache.resolve(bundle.names().getLast()).toString(), found.origin());
    assertEquals(0x7f, Files.readAllBytes(cache.resolve(bundle.names().getFirst()))[0]);
    assertEquals(
        Stream.concat(bundle.names().stream(), Stream.of("copies.txt")).sorted().toList(),
        files(cache));
  }

  @Test
  void copiesDamagedBehindTheirFirstBytesAreReplaced() throws IOException {
    BundledLibrary bundle = bundle();
    bundle.unpack(folder);
    Path library = folder.resolve(bundle.names().getLast());
    byte[] bytes = Files.readAllBytes(library);
    Arrays.fill(bytes, 4, bytes.length, (byte) 0);
    Files.write(library, bytes);
    assertEquals(library.toString(), search(bundle, () -> folder).orThrow().origin());
  }

  /** Such a copy loads, and takes the process with it when it is called. */
  @Test
  void copiesDamagedInTheMiddleAreReplaced() throws IOException {
    BundledLibrary bundle = bundle();
    bundle.unpack(folder);
    Path library = folder.resolve(bundle.names().getLast());
    byte[] whole = Files.readAllBytes(library);
    byte[] damaged = whole.clone();
    Arrays.fill(damaged, whole.length / 3, whole.length / 2, (byte) 0);
    Files.write(library, damaged);
    assertEquals(library.toString(), search(bundle, () -> folder).orThrow().origin());
    assertArrayEquals(whole, Files.readAllBytes(library));
  }

  @Test
  void whatCannotBeLoadedIsASentenceThatStays() {
    Path cache = folder.resolve("cache");
    OpenBlasSearch.Outcome outcome = search(NO_LIBRARY, () -> cache);
    InputException first = assertThrows(InputException.class, outcome::orThrow);
    InputException second = assertThrows(InputException.class, outcome::orThrow);
    assertNotSame(first, second);
    assertEquals(first.getMessage(), second.getMessage());
    String message = first.getMessage();
    assertTrue(message.startsWith("No OpenBLAS could be loaded on "), message);
    assertTrue(message.contains("Tried: " + cache.resolve("Sgemm.class") + " is not a "), message);
    assertTrue(message.endsWith("; the system has no libcvae-no-such-blas.so."), message);
    assertEquals(1, message.lines().count());
    assertFalse(Files.exists(cache), "useless copies were kept");
  }

  @Test
  void aCacheThatCannotBeWrittenIsPassedOver() throws IOException {
    BundledLibrary bundle = bundle();
    Path cache = unwritable();
    Path other = folder.resolve("other");
    OpenBlas found = search(bundle, () -> cache, () -> other).orThrow();
    assertEquals(other.resolve(bundle.names().getLast()).toString(), found.origin());
  }

  @Test
  void whereNothingCanBeKeptNothingIsLeft() throws IOException {
    BundledLibrary bundle = bundle();
    Path cache = unwritable();
    OpenBlas found = search(bundle, () -> cache).orThrow();
    assertTrue(found.version().startsWith("OpenBLAS "), found.version());
    Path copy = Path.of(found.origin());
    assertFalse(Files.exists(copy), "the copy was kept");
    assertFalse(Files.exists(copy.getParent()), "its folder was kept");
  }

  @Test
  void aPlaceThatIsRefusedIsAReason() {
    String problem =
        search(
                NO_LIBRARY,
                () -> {
                  throw new IOException("somebody else's");
                })
            .problem();
    assertTrue(
        problem.contains("Tried: the program's own cannot be unpacked (somebody else's); "),
        problem);
  }

  @Test
  void aJarWithoutALibraryIsAReason() {
    String problem = search(new BundledLibrary("nowhere/", List.of()), () -> folder).problem();
    assertTrue(problem.contains("Tried: the program brings none for this system; "), problem);
  }

  @Test
  void aNamedFileIsTheOnlyOneTried() throws IOException {
    var search = new OpenBlasSearch(NO_LIBRARY, List.of(), NOT_INSTALLED);
    assertEquals(
        "CVAE_GPU_OPENBLAS names %s, which is not a file.".formatted(folder),
        search.run(Optional.of(folder.toString())).problem());
    Path text = Files.writeString(folder.resolve("text.so"), "no library");
    String problem = search.run(Optional.of(text.toString())).problem();
    assertTrue(
        problem.startsWith("CVAE_GPU_OPENBLAS names a file that could not be loaded: " + text),
        problem);
  }

  @Test
  void anotherVersionOfAFileIsReplacedAndAWholeOneKept() throws IOException {
    assertTrue(NO_LIBRARY.unpack(folder));
    assertFalse(NO_LIBRARY.unpack(folder));
    Files.writeString(folder.resolve("Sgemm.class"), "of another size");
    assertTrue(NO_LIBRARY.unpack(folder));
    assertFalse(NO_LIBRARY.unpack(folder));
  }
}
