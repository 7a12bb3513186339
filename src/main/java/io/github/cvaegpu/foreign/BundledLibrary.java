// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * A shared library carried inside the jar, with those that it needs. The dynamic linker wants them
 * as files, so they are copied once to a folder and found there by every later run.
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
    return !names.isEmpty() && names.stream().allMatch(name -> resource(name) != null);
  }

  /**
   * Copies those files that are not there yet.
   *
   * @param target folder to put them into; created if need be
   * @return whether there was anything to copy: if not, an older run's copies are used
   */
  boolean unpack(Path target) throws IOException {
    Files.createDirectories(target);
    boolean copied = false;
    for (String name : names) {
      URLConnection source = resource(name).openConnection();
      Path file = target.resolve(name);
      // Size tells another version apart; what a load finds damaged is unpacked again.
      if (!Files.exists(file) || Files.size(file) != source.getContentLengthLong()) {
        copy(source, file);
        copied = true;
      }
    }
    return copied;
  }

  /** Copies all files again, over those that are there. */
  void unpackAgain(Path target) throws IOException {
    for (String name : names) {
      copy(resource(name).openConnection(), target.resolve(name));
    }
  }

  /**
   * Deletes the copies. A library that is loaded stays loaded on every system that has a bundle.
   */
  void delete(Path target) throws IOException {
    for (String name : names) {
      Files.deleteIfExists(target.resolve(name));
    }
  }

  private URL resource(String name) {
    return BundledLibrary.class.getClassLoader().getResource(folder + name);
  }

  private static void copy(URLConnection source, Path file) throws IOException {
    Path partial = Files.createTempFile(file.getParent(), file.getFileName().toString(), null);
    try {
      try (InputStream in = source.getInputStream();
          var out = new FileOutputStream(partial.toFile())) {
        in.transferTo(out);
        // A power cut after the rename must not leave a file of the right size without its bytes.
        out.getFD().sync();
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
