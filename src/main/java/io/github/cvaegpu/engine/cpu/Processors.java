// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The processors that this process may use, and how many threads are made of them: one a core, for
 * two on one core have to share what they compute with, and no more than a quota pays for.
 *
 * @param allowed processors of the affinity mask, from 1
 * @param cores they are on, if the system tells
 * @param quota processors' worth of time that the cgroups leave, if they limit it
 * @param limit what the JVM was told to take, where that is less than what it finds
 */
public record Processors(int allowed, OptionalInt cores, OptionalDouble quota, OptionalInt limit) {
  private static final Path STATUS = Path.of("proc/self/status");
  private static final Path CPUS = Path.of("sys/devices/system/cpu");

  /** A mask names no processor beyond. */
  private static final int MOST = 1 << 16;

  /** Those of this process. */
  public static Processors ofThisProcess() {
    return in(Path.of("/"), Runtime.getRuntime().availableProcessors());
  }

  /**
   * Those of a process whose /proc and /sys are below a folder.
   *
   * @param available what the JVM says; all that there is to go by where there is no /proc
   */
  static Processors in(Path root, int available) {
    OptionalDouble quota = CgroupQuota.in(root);
    Optional<BitSet> mask =
        lines(root.resolve(STATUS))
            .filter(line -> line.startsWith("Cpus_allowed_list:"))
            .findFirst()
            .flatMap(line -> parse(line.substring(line.indexOf(':') + 1)));
    if (mask.isEmpty()) {
      return new Processors(available, OptionalInt.empty(), quota, OptionalInt.empty());
    }
    BitSet usable = mask.get();
    // A mask may name processors that the machine has only places for.
    Optional<BitSet> online = list(root.resolve(CPUS).resolve("online"));
    online.ifPresent(usable::and);
    // The JVM counts the mask and the quota too: fewer than that is what somebody told it, or,
    // where nothing tells of those places, how many there are.
    boolean isFewer = available < Math.min(usable.cardinality(), whole(quota));
    if (usable.isEmpty() || (isFewer && online.isEmpty())) {
      return new Processors(available, OptionalInt.empty(), quota, OptionalInt.empty());
    }
    return new Processors(
        usable.cardinality(),
        cores(root, usable),
        quota,
        isFewer ? OptionalInt.of(available) : OptionalInt.empty());
  }

  /**
   * How several runs share the processors.
   *
   * @param atOnce runs that are trained at a time
   * @param threads of each of them
   */
  public record SideBySide(int atOnce, int threads) {}

  /** Threads to take: one a core, as far as a quota, rounded up, goes. */
  public int threads() {
    int most = Math.min(cores.orElse(allowed), whole(quota));
    return Math.max(1, Math.min(most, limit.orElse(most)));
  }

  /**
   * How runs share these processors: as many at a time as there are threads to take, with one
   * thread each, which waits for no other; where there are fewer runs, with as many threads as are
   * left for each. Together they are never more than {@link #threads()}.
   *
   * @param runs to be trained, from 1
   */
  public SideBySide sideBySide(int runs) {
    if (runs < 1) {
      throw new IllegalArgumentException(runs + " runs");
    }
    int all = threads();
    int atOnce = Math.min(runs, all);
    return new SideBySide(atOnce, Math.min(ThreadTeam.MAX_THREADS, all / atOnce));
  }

  /** Whether so many threads each have a processor to themselves, as far as this can be told. */
  public boolean hasOneForEachOf(long threads) {
    return threads <= allowed
        && (limit.isEmpty() || threads <= limit.getAsInt())
        && (quota.isEmpty() || threads <= quota.getAsDouble());
  }

  /** Why it is {@link #threads()}, for people. */
  public String reason() {
    int threads = threads();
    if (quota.isPresent() && threads == whole(quota)) {
      return "as the quota allows";
    }
    if (limit.isPresent() && threads == limit.getAsInt()) {
      return "as Java is told";
    }
    return cores.isPresent() ? "one a core" : "one a processor";
  }

  /** What was counted, for people. */
  public String description() {
    var text = new StringBuilder();
    text.append(counted(allowed, "processor")).append(" for this process");
    text.append(
        cores.isPresent()
            ? " on " + counted(cores.getAsInt(), "core")
            : ", whose cores are not known");
    quota.ifPresent(
        cpus -> text.append(String.format(Locale.ROOT, ", a quota of %.3g of them", cpus)));
    limit.ifPresent(
        most -> text.append(String.format(Locale.ROOT, ", of which Java is to take %d", most)));
    return text.toString();
  }

  private static String counted(int count, String what) {
    return String.format(Locale.ROOT, "%d %s%s", count, what, count == 1 ? "" : "s");
  }

  private static int whole(OptionalDouble quota) {
    return quota.isPresent() ? (int) Math.clamp(Math.ceil(quota.getAsDouble()), 1, MOST) : MOST;
  }

  /** A core is known by the list of the processors on it. */
  private static OptionalInt cores(Path root, BitSet allowed) {
    Set<BitSet> cores = new HashSet<>();
    for (int cpu : (Iterable<Integer>) allowed.stream().boxed()::iterator) {
      Optional<BitSet> siblings =
          list(root.resolve(CPUS).resolve("cpu" + cpu + "/topology/thread_siblings_list"));
      if (siblings.isEmpty() || !siblings.get().get(cpu)) {
        return OptionalInt.empty();
      }
      cores.add(siblings.get());
    }
    return OptionalInt.of(cores.size());
  }

  private static Optional<BitSet> list(Path file) {
    return lines(file).findFirst().flatMap(Processors::parse);
  }

  /** A list as the kernel writes it, "0-3,8"; empty if it is none. */
  private static Optional<BitSet> parse(String list) {
    var cpus = new BitSet();
    try {
      for (String range : list.strip().split(",", -1)) {
        String[] ends = range.split("-", 2);
        int first = Integer.parseInt(ends[0]);
        int last = Integer.parseInt(ends[ends.length - 1]);
        if (last >= MOST) {
          return Optional.empty();
        }
        IntStream.rangeClosed(first, last).forEach(cpus::set);
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
    return cpus.isEmpty() ? Optional.empty() : Optional.of(cpus);
  }

  /** The lines of one of the system's small files; none if it cannot be read. */
  static Stream<String> lines(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).lines();
    } catch (IOException e) {
      return Stream.empty();
    }
  }
}
