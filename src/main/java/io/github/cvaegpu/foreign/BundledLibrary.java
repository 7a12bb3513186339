// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Shared libraries carried inside the jar. The dynamic linker needs them as files, so they are
 * copied once to the user's cache and found there by every later run.
 */
final class BundledLibrary {
  private BundledLibrary() {}

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

  /**
   * Copies resources to the cache where they are not there yet.
   *
   * @param folder resource folder, ending in a slash
   * @param names file names, every one of them needed
   * @param cache where to put them
   * @return the folder that holds them, or empty where the jar has none for this platform
   */
  static Optional<Path> unpack(String folder, List<String> names, Path cache) {
    ClassLoader loader = BundledLibrary.class.getClassLoader();
    if (names.stream().anyMatch(name -> loader.getResource(folder + name) == null)) {
      return Optional.empty();
    }
    try {
      return Optional.of(copyAll(loader, folder, names, cache));
    } catch (IOException e) {
      try {
        // A home that cannot be written to must not keep the program from running.
        Path temporary = Files.createTempDirectory("cvae-gpu-native");
        temporary.toFile().deleteOnExit();
        return Optional.of(copyAll(loader, folder, names, temporary));
      } catch (IOException again) {
        again.addSuppressed(e);
        throw new UncheckedIOException(again);
      }
    }
  }

  private static Path copyAll(ClassLoader loader, String folder, List<String> names, Path target)
      throws IOException {
    Files.createDirectories(target);
    for (String name : names) {
      URL resource = loader.getResource(folder + name);
      copy(resource.openConnection(), target.resolve(name));
    }
    return target;
  }

  private static void copy(URLConnection resource, Path target) throws IOException {
    // Files appear under their own names only when complete, so size tells another version apart.
    if (Files.exists(target) && Files.size(target) == resource.getContentLengthLong()) {
      return;
    }
    Path partial = Files.createTempFile(target.getParent(), target.getFileName().toString(), null);
    try (InputStream in = resource.getInputStream()) {
      Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
