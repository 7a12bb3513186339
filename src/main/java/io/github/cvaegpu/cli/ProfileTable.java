// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.cuda.CudaProfile;
import io.github.cvaegpu.engine.cuda.Roofline;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A profile for people. */
final class ProfileTable {
  private static final String RULE = "*".repeat(80);

  /** Columns of numbers: n, us, bytes and FLOP. */
  private static final Set<Integer> NUMBERS = Set.of(3, 4, 5, 6);

  private ProfileTable() {}

  /** Prints a profile. */
  static void print(CudaProfile.Result result, int batchSize, int warmUp, PrintWriter out) {
    if (result.isEmulated()) {
      out.println(RULE);
      out.println("*  WARNING: this is NO GPU but the emulator of the tests. Its times and shares");
      out.println("*  say nothing about any GPU; bytes, FLOP and launches are the same on one.");
      out.println(RULE);
    }
    out.printf(
        Locale.ROOT,
        "A step of %d images, its launches one after another: medians of %d steps after %d.%n%n",
        batchSize,
        result.steps(),
        warmUp);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("phase", "kernel", "launch", "n", "us", "bytes", "FLOP", "of roofline"));
    result.rows().forEach(row -> rows.add(cells(row)));
    rows.add(List.of("sum", "", "", count(result), micros(result.serialMicros()), "", "", ""));
    aligned(rows).forEach(out::println);
    out.println();
    out.printf(
        Locale.ROOT,
        "In training the step is a graph of %d nodes, %s: %.2f us (mean).%n",
        result.graphNodes(),
        result.graphBranches() == 1
            ? "each after the one before"
            : "its " + result.graphBranches() + " branches side by side",
        result.graphMicros());
    out.printf(
        Locale.ROOT,
        "Every time has that of an event in it, which alone takes %.2f us. The first launch waits"
            + " for the host, until the others are queued: it has no time of its own and is not in"
            + " the sum%s.%n",
        result.eventMicros(),
        result.isFirstExtra() ? ", and it is there only while launches are timed" : "");
    out.println(
        "Bytes are the least that a launch has to move. What is still in the GPU's cache comes"
            + " faster than memory can: a share may be above 100 %.");
    print(result.peaks(), out);
  }

  private static List<String> cells(CudaProfile.Row row) {
    return List.of(
        row.phase(),
        row.kernel(),
        row.shape(),
        String.valueOf(row.count()),
        micros(row.micros()),
        String.format(Locale.ROOT, "%,d", row.bytes()),
        String.format(Locale.ROOT, "%,d", row.flop()),
        Double.isFinite(row.roofline())
            ? String.format(
                Locale.ROOT,
                "%.1f %% (%s)",
                100 * row.roofline(),
                row.isBoundByMemory() ? "memory" : "arithmetic")
            : "-");
  }

  private static void print(Roofline peaks, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s That is %,.0f GB/s and %,.1f TFLOP/s.%n",
        peaks.assumed(),
        peaks.memoryBytesPerSecond() / 1e9,
        peaks.flopPerSecond() / 1e12);
  }

  private static String count(CudaProfile.Result result) {
    return String.valueOf(result.rows().stream().mapToInt(CudaProfile.Row::count).sum());
  }

  private static String micros(double micros) {
    return Double.isFinite(micros) ? String.format(Locale.ROOT, "%.2f", micros) : "-";
  }

  /** Each column as wide as its widest cell: names and launches are of any length. */
  static List<String> aligned(List<List<String>> rows) {
    int[] widths = new int[rows.getFirst().size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        String cell = row.get(column);
        String blanks = " ".repeat(widths[column] - cell.length());
        line.append(NUMBERS.contains(column) ? blanks + cell : cell + blanks).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
