// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.train.RunDirectory;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Finds the folders of runs in a folder: itself, those in it, and those in folders of studies and
 * sweeps. Links are not followed, hidden folders not entered, and what vanishes meanwhile is left
 * out.
 */
final class RunFinder {
  /** A study in a folder of studies has its runs three deep. */
  static final int DEPTH = 5;

  static final int MOST_RUNS = 5000;

  /** A folder of pictures has as many, and would be looked through at every turn. */
  static final int MOST_ENTRIES = 100_000;

  /**
   * What was found.
   *
   * @param folders of runs
   * @param isAll false where one of the limits cut the search short
   */
  record Found(List<Path> folders, boolean isAll) {}

  private record Place(Path folder, int depth) {}

  private RunFinder() {}

  /** Finds what there is now, the nearest folders first. */
  static Found in(Path root) {
    List<Path> runs = new ArrayList<>();
    Deque<Place> places = new ArrayDeque<>(List.of(new Place(root, 0)));
    int entries = 0;
    while (!places.isEmpty()) {
      Place place = places.removeFirst();
      if (RunDirectory.hasBegun(place.folder())) {
        runs.add(place.folder());
      }
      if (runs.size() == MOST_RUNS || entries >= MOST_ENTRIES) {
        return new Found(runs, false);
      }
      if (place.depth() == DEPTH) {
        continue;
      }
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(place.folder())) {
        for (Path entry : inside) {
          entries++;
          if (!entry.getFileName().toString().startsWith(".")
              && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
            places.addLast(new Place(entry, place.depth() + 1));
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        // It has vanished, or is not for this user to see: what was found so far is shown.
        entries++;
      }
    }
    return new Found(runs, true);
  }
}
