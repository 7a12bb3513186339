// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What all shared libraries in the jar ask of the system that they are to run on. */
class BundledLibrariesIT {
  /** What is promised: RHEL 7 has it, and every distribution after. */
  private static final Version GLIBC = new Version(List.of(2, 17));

  /** Of libstdc++ 8 (RHEL 8), and of libgcc long before. */
  private static final Map<String, Version> LIMITS =
      Map.of(
          "GLIBC", GLIBC,
          "GLIBCXX", new Version(List.of(3, 4, 25)),
          "CXXABI", new Version(List.of(1, 3, 11)));

  private static final Set<String> OF_EVERY_SYSTEM =
      Set.of(
          "libc.so.6",
          "libm.so.6",
          "libdl.so.2",
          "librt.so.1",
          "libpthread.so.0",
          "ld-linux-x86-64.so.2",
          "ld-linux-aarch64.so.1");

  /** What a machine with a GPU has; only JCuda's libraries and the bridge may ask for it. */
  private static final Set<String> WITH_CUDA =
      Set.of("libcuda.so.1", "libcublas.so.12", "libstdc++.so.6");

  private static final Map<String, ElfVersions> LIBRARIES = new TreeMap<>();

  /** Numbers between dots, compared one by one. */
  private record Version(List<Integer> numbers) implements Comparable<Version> {
    static Version of(String text) {
      List<Integer> numbers = new ArrayList<>();
      for (String number : text.split("\\.", -1)) {
        numbers.add(Integer.parseInt(number));
      }
      return new Version(numbers);
    }

    @Override
    public int compareTo(Version other) {
      for (int i = 0; i < Math.min(numbers.size(), other.numbers.size()); i++) {
        int order = numbers.get(i).compareTo(other.numbers.get(i));
        if (order != 0) {
          return order;
        }
      }
      return Integer.compare(numbers.size(), other.numbers.size());
    }
  }

  @BeforeAll
  static void readTheJar() throws IOException {
    try (var jar = new ZipFile(System.getProperty("cvaegpu.jar"))) {
      for (ZipEntry entry : jar.stream().filter(entry -> !entry.isDirectory()).toList()) {
        byte[] bytes;
        try (var in = jar.getInputStream(entry)) {
          bytes = in.readNBytes(5);
          if (!ElfVersions.isElf(bytes)) {
            continue;
          }
        }
        try (var in = jar.getInputStream(entry)) {
          LIBRARIES.put(entry.getName(), ElfVersions.of(in.readAllBytes()));
        }
      }
    }
  }

  private static boolean isOfJCuda(String name) {
    return name.startsWith("lib/libJC");
  }

  private static Version newest(ElfVersions library, String of) {
    return library.versions().stream()
        .filter(version -> version.matches(of + "_[0-9.]+"))
        .map(version -> Version.of(version.substring(of.length() + 1)))
        .max(Comparator.naturalOrder())
        .orElse(new Version(List.of(0)));
  }

  /** Those that are known to be used, and no others: what is not called has no place in the jar. */
  @Test
  void theJarHasTheLibrariesThatTheProgramUses() {
    Set<String> expected =
        Set.of(
            "lib/libJCudaDriver-12.6.0-linux-x86_64.so", "lib/libJCublas2-12.6.0-linux-x86_64.so");
    Set<String> found = new TreeSet<>(LIBRARIES.keySet());
    // Only where there was a C compiler.
    found.removeIf(name -> name.startsWith("io/github/cvaegpu/foreign/"));
    assertEquals(expected, found);
  }

  @Test
  void noneAsksForANewerSystemThanIsPromised() {
    LIBRARIES.forEach(
        (name, library) ->
            LIMITS.forEach(
                (of, limit) ->
                    assertTrue(
                        newest(library, of).compareTo(limit) <= 0,
                        () -> "%s needs %s of %s".formatted(name, newest(library, of), of))));
  }

  /** What is asked for is in the jar, or on every system. */
  @Test
  void noneAsksForALibraryThatMayBeMissing() {
    LIBRARIES.forEach(
        (name, library) -> {
          String folder = name.substring(0, name.lastIndexOf('/') + 1);
          for (String needed : library.needed()) {
            assertTrue(
                OF_EVERY_SYSTEM.contains(needed)
                    || LIBRARIES.containsKey(folder + needed)
                    || (isOfJCuda(name) && WITH_CUDA.contains(needed)),
                name + " needs " + needed);
          }
        });
  }

  /** The reader of ELF files sees what is known to be there. */
  @Test
  void jcudaAsksForWhatItIsKnownToAskFor() {
    ElfVersions cublas = LIBRARIES.get("lib/libJCublas2-12.6.0-linux-x86_64.so");
    assertEquals(GLIBC, newest(cublas, "GLIBC"));
    assertEquals(
        Set.of(
            "ld-linux-x86-64.so.2",
            "libc.so.6",
            "libcublas.so.12",
            "libdl.so.2",
            "libpthread.so.0",
            "librt.so.1",
            "libstdc++.so.6"),
        cublas.needed());
  }
}
