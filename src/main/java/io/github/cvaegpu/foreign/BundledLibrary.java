// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.Resources;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A shared library carried inside the jar, with those that it needs. The dynamic linker wants them
 * as files, so they are copied once to a folder and found there by every later run, as long as they
 * are what the jar has ({@link Copies}).
 *
 * @param folder resource folder, ending in a slash
 * @param names file names: every one is needed, and each comes after those that it needs itself
 */
record BundledLibrary(String folder, List<String> names) {

  /** This machine's name in the artifacts' paths, e.g. {@code linux-x86_64}. */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String osName =
        os.startsWith("mac") ? "macosx" : os.startsWith("windows") ? "windows" : "linux";
    String archName =
        switch (arch) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm64";
          default -> arch;
        };
    return osName + "-" + archName;
  }

  /** Whether the jar has it. */
  boolean isInJar() {
    return !names.isEmpty() && names.stream().allMatch(name -> resource(name).isPresent());
  }

  /**
   * Copies those files that are not there yet, or are not what the jar has.
   *
   * @param target folder to put them into, which nobody else can write to; created if need be
   * @return whether there was anything to copy: if not, an older run's copies are used
   */
  boolean unpack(Path target) throws IOException {
    Files.createDirectories(target);
    Copies copies = Copies.in(target);
    boolean copied = false;
    for (String name : names) {
      Resources.Resource source = resource(name).orElseThrow();
      if (!copies.isWhole(name, source)) {
        copies.put(name, source, copy(source, target.resolve(name)));
        copied = true;
      }
    }
    copies.save();
    return copied;
  }

  /**
   * Copies its files, where they are not there yet, to the first of this user's folders that takes
   * them.
   *
   * @param name the folder's
   * @return the folder
   * @throws IOException if there is no place for them
   */
  Path unpackedIn(String name) throws IOException {
    return NativeFolder.first(name, this::unpack);
  }

  private Optional<Resources.Resource> resource(String name) {
    return Resources.find(folder + name);
  }

  /** Copies and gives the SHA-256 of what was copied. */
  private static String copy(Resources.Resource source, Path file) throws IOException {
    Path partial = Files.createTempFile(file.getParent(), file.getFileName().toString(), null);
    try {
      MessageDigest digest = Digests.sha256();
      try (InputStream in = new DigestInputStream(source.open(), digest);
          var out = new FileOutputStream(partial.toFile())) {
        in.transferTo(out);
        // A power cut after the rename must not leave a file of the right size without its bytes.
        out.getFD().sync();
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      return Digests.hex(digest);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
