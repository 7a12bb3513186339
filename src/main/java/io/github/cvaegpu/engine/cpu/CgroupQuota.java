// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How much of the processors' time the cgroups of this process leave it: the least of its own
 * cgroup's and those above, of version 1 and of version 2.
 */
final class CgroupQuota {
  /** A file system of cgroups: of version 2, or of the controller cpu of version 1. */
  private record Mount(boolean isSecond, String root, String point) {}

  private CgroupQuota() {}

  /**
   * Processors' worth of time; empty if nothing limits it.
   *
   * @param root folder that /proc and the mounts are below
   */
  static OptionalDouble in(Path root) {
    List<String> groups = Processors.lines(root.resolve("proc/self/cgroup")).toList();
    return Processors.lines(root.resolve("proc/self/mountinfo"))
        .flatMap(line -> mount(line).stream())
        .flatMap(mount -> folders(root, mount, groups).stream())
        .flatMapToDouble(folder -> quota(folder).stream())
        .min();
  }

  /** A line of mountinfo: "31 23 0:28 /root /point options - type source super-options". */
  private static Optional<Mount> mount(String line) {
    String[] halves = line.split(" - ", 2);
    String[] of = halves[0].split(" ", -1);
    if (halves.length < 2 || of.length < 5) {
      return Optional.empty();
    }
    String[] type = halves[1].split(" ", -1);
    boolean isSecond = type[0].equals("cgroup2");
    boolean isFirst =
        type[0].equals("cgroup")
            && type.length > 2
            && List.of(type[2].split(",", -1)).contains("cpu");
    return isFirst || isSecond
        ? Optional.of(new Mount(isSecond, unescaped(of[3]), unescaped(of[4])))
        : Optional.empty();
  }

  /** In mountinfo a space is "\040". */
  private static String unescaped(String path) {
    return path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }

  /** The process's cgroup and those above it, as far up as they can be seen. */
  private static List<Path> folders(Path root, Mount mount, List<String> groups) {
    List<Path> folders = new ArrayList<>();
    try {
      Path top = root.resolve(mount.point().substring(1)).normalize();
      Path folder = top;
      for (String group : groups) {
        // "4:cpu,cpuacct:/path", of version 2 "0::/path".
        String[] parts = group.split(":", 3);
        boolean isOfMount =
            parts.length == 3
                && (mount.isSecond()
                    ? parts[1].isEmpty()
                    : List.of(parts[1].split(",", -1)).contains("cpu"));
        if (isOfMount) {
          folder = below(top, mount.root(), parts[2]);
        }
      }
      for (; folder != null && folder.startsWith(top); folder = folder.getParent()) {
        folders.add(folder);
      }
    } catch (InvalidPathException e) {
      return List.of();
    }
    return folders;
  }

  /**
   * Where a cgroup is below a mount. In a container the mount may show only the container's own
   * cgroup, or the path may lead out of what can be seen: the limit is then the mount's own.
   */
  private static Path below(Path top, String shown, String group) {
    String path = group;
    if (!shown.equals("/")) {
      boolean isShown = group.equals(shown) || group.startsWith(shown + "/");
      path = isShown ? group.substring(shown.length()) : "";
    }
    Path folder = top.resolve(path.replaceFirst("^/+", "")).normalize();
    return folder.startsWith(top) ? folder : top;
  }

  private static OptionalDouble quota(Path folder) {
    Optional<String> max = first(folder.resolve("cpu.max"));
    if (max.isPresent()) {
      // "150000 100000", or "max 100000".
      String[] both = max.get().split(" ", -1);
      return both.length == 2 ? ratio(both[0], both[1]) : OptionalDouble.empty();
    }
    Optional<String> quota = first(folder.resolve("cpu.cfs_quota_us"));
    Optional<String> period = first(folder.resolve("cpu.cfs_period_us"));
    return quota.isPresent() && period.isPresent()
        ? ratio(quota.get(), period.get())
        : OptionalDouble.empty();
  }

  private static Optional<String> first(Path file) {
    return Processors.lines(file).findFirst().map(String::strip);
  }

  /** A quota of "max" or -1 is none. */
  private static OptionalDouble ratio(String quota, String period) {
    try {
      double ratio = (double) Long.parseLong(quota) / Long.parseLong(period);
      return ratio > 0 && Double.isFinite(ratio)
          ? OptionalDouble.of(ratio)
          : OptionalDouble.empty();
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }
}
