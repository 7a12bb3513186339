// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds the real MNIST for tests that want it. It is not part of the sources: such tests run where
 * it is present and are reported as skipped elsewhere.
 */
public final class RealMnist {
  private RealMnist() {}

  /**
   * The folder of MNIST's four files: that of the system property {@code cvaegpu.mnist} or the
   * environment variable {@code CVAE_GPU_DATA}, else {@code ../shared/mnist} beside the project.
   */
  public static Optional<Path> find() {
    String base = System.getProperty("basedir", "");
    return Stream.of(
            Optional.ofNullable(System.getProperty("cvaegpu.mnist")).map(Path::of),
            Optional.ofNullable(System.getenv(DataLocations.FOLDER_VARIABLE)).map(Path::of),
            Optional.of(Path.of(base).toAbsolutePath().resolve("../shared/mnist").normalize()))
        .flatMap(Optional::stream)
        .filter(RealMnist::hasImages)
        .findFirst();
  }

  /** The folder, or the end of the calling test as skipped, with the reason printed. */
  public static Path orSkip() {
    Optional<Path> folder = find();
    if (folder.isEmpty()) {
      String reason =
          "Skipped: no MNIST in -Dcvaegpu.mnist, $CVAE_GPU_DATA or ../shared/mnist beside the"
              + " project";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return folder.orElseThrow();
  }

  private static boolean hasImages(Path folder) {
    return Files.isDirectory(folder) && IdxPart.TRAIN_IMAGES.in(folder).isPresent();
  }
}
