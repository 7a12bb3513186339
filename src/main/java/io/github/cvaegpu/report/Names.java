// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What to call runs that are shown together: the shortest ends of their paths that differ. */
final class Names {
  /** Names in a title before the rest is counted. */
  private static final int IN_TITLE = 4;

  private Names() {}

  /**
   * A name for each run, no two alike, each on one line and without characters that act; with its
   * likelihood where not all have the same, as their figures then mean different things.
   */
  static List<String> of(List<Run> runs) {
    List<String> names = ofFolders(runs);
    if (!haveSeveralLikelihoods(runs)) {
      return names;
    }
    List<String> longer = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      longer.add("%s (%s)".formatted(names.get(i), runs.get(i).record().likelihood()));
    }
    return List.copyOf(longer);
  }

  /** Whether losses and likelihoods of some runs cannot be compared with those of others. */
  static boolean haveSeveralLikelihoods(List<Run> runs) {
    return runs.stream().map(run -> run.record().plan().objective().name()).distinct().count() > 1;
  }

  private static List<String> ofFolders(List<Run> runs) {
    List<Path> folders =
        runs.stream().map(run -> run.folder().toAbsolutePath().normalize()).toList();
    int[] parts = new int[folders.size()];
    Arrays.fill(parts, 1);
    boolean lengthened = true;
    while (lengthened) {
      lengthened = false;
      Map<String, List<Integer>> byName = new HashMap<>();
      for (int i = 0; i < parts.length; i++) {
        byName.computeIfAbsent(end(folders.get(i), parts[i]), name -> new ArrayList<>()).add(i);
      }
      for (List<Integer> alike : byName.values()) {
        if (alike.stream().map(folders::get).distinct().count() > 1) {
          for (int i : alike) {
            lengthened |= parts[i] <= folders.get(i).getNameCount();
            parts[i]++;
          }
        }
      }
    }
    Map<String, Integer> seen = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      String name = Html.oneLine(end(folders.get(i), parts[i]));
      int count = seen.merge(name, 1, Integer::sum);
      // The same folder given twice.
      names.add(count == 1 ? name : String.format(Locale.ROOT, "%s (%d)", name, count));
    }
    return List.copyOf(names);
  }

  private static String end(Path folder, int parts) {
    int count = folder.getNameCount();
    return parts > count || count == 0
        ? folder.toString()
        : folder.subpath(count - parts, count).toString();
  }

  /** All names, or the first ones and how many more there are. */
  static String joined(List<String> names) {
    if (names.size() == 1) {
      return names.getFirst();
    }
    int shown = names.size() <= IN_TITLE ? names.size() - 1 : IN_TITLE - 1;
    String last =
        names.size() <= IN_TITLE
            ? names.getLast()
            : String.format(Locale.ROOT, "%d more", names.size() - shown);
    return String.join(", ", names.subList(0, shown)) + " and " + last;
  }
}
