// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.train.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where trackers write. */
final class Places {
  private Places() {}

  /**
   * Refuses a place that is a file of the run itself, or would be in one.
   *
   * @param place of a tracker
   * @param run the run directory
   * @param option what names it
   */
  static void requireApart(Path place, Path run, String option) {
    Path absolute = place.toAbsolutePath().normalize();
    Path folder = run.toAbsolutePath().normalize();
    Stream.concat(
            RunDirectory.files(folder).stream(),
            Stream.of(RunDirectory.lockName(folder), folder.resolve(Mlflow.RUN_FILE)))
        .filter(absolute::startsWith)
        .findFirst()
        .ifPresent(
            file -> {
              throw new InputException(
                  "%s is a file of the run itself: choose another %s.".formatted(file, option));
            });
  }

  /**
   * Refuses a folder that is none, or that could not be made or written to.
   *
   * @param folder absolute
   */
  static void requireFolder(Path folder) {
    Path there = folder;
    while (!RegularFile.isTaken(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new InputException("%s is no folder.".formatted(there));
    }
    if (!Files.isWritable(there)) {
      throw new InputException("%s cannot be written to: permission denied.".formatted(there));
    }
  }
}
