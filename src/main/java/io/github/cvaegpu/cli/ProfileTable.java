// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.cuda.CudaProfile;
import io.github.cvaegpu.engine.cuda.Roofline;
import java.io.PrintWriter;
import java.util.Locale;

/** A profile for people. */
final class ProfileTable {
  private static final String RULE = "*".repeat(80);

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
    row(out, "phase", "kernel", "launch", "n", "us", "bytes", "FLOP", "of roofline");
    result.rows().forEach(row -> print(row, out));
    row(out, "sum", "", "", count(result), micros(result.serialMicros()), "", "", "");
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
            + " the sum.%n",
        result.eventMicros());
    out.println(
        "Bytes are the least that a launch has to move. What is still in the GPU's cache comes"
            + " faster than memory can: a share may be above 100 %.");
    print(result.peaks(), out);
  }

  private static void print(CudaProfile.Row row, PrintWriter out) {
    row(
        out,
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

  private static void row(PrintWriter out, Object... cells) {
    out.print(
        String.format(Locale.ROOT, "%-18s %-26s %-26s %2s %9s %11s %13s  %s%n", cells)
                .stripTrailing()
            + System.lineSeparator());
  }
}
