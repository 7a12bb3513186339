// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.DimensionStatistics;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.LatentMeasures;
import io.github.cvaegpu.eval.LatentMeasures.LabelSeparation;
import io.github.cvaegpu.eval.MutualInformation;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The measures of a latent space, for people. */
final class LatentTable {
  /** Dimensions whose KL divergence is printed: those that have most of it. */
  private static final int DIMENSIONS = 8;

  private LatentTable() {}

  static void print(LatentMeasures measures, AggregatePosterior aggregate, PrintWriter out) {
    MutualInformation information = measures.mutualInformation();
    List<DimensionStatistics> dimensions = measures.dimensions();
    out.printf(Locale.ROOT, "Latent space of the %,d test images%n", measures.images());
    row(
        out,
        "active units",
        String.format(
            Locale.ROOT,
            "%d of %d (variance of the posterior means above %s)",
            measures.activeUnits(),
            dimensions.size(),
            LatentMeasures.ACTIVE_VARIANCE));
    row(out, "KL by dimension", largest(dimensions));
    row(
        out,
        "I(x; z)",
        String.format(
            Locale.ROOT,
            "%s +- %.2f nats; the ceiling for %,d images is %.2f; leave-one-out %s",
            Numbers.rounded("%.2f", information.nats()),
            information.standardError(),
            information.images(),
            information.ceiling(),
            Numbers.rounded("%.2f", aggregate.leaveOneOut().mutualInformation().mean())));
    parts(aggregate, out);
    print(measures.labels(), out);
    if (measures.disentanglement() != null) {
      DisentanglementTable.print(measures.disentanglement(), out);
    }
  }

  private static void print(LabelSeparation labels, PrintWriter out) {
    if (labels == null) {
      row(out, "labels", "the images have none");
      return;
    }
    row(
        out,
        "nearest neighbours",
        String.format(
            Locale.ROOT,
            "%.2f %% of labels told by %d of them",
            100 * labels.neighbourAccuracy(),
            LatentMeasures.NEIGHBOURS));
    row(
        out,
        "linear probe",
        String.format(Locale.ROOT, "%.2f %% of labels told", 100 * labels.probeAccuracy()));
    row(out, "label MIG", Numbers.rounded("%.4f", labels.labelMig()));
  }

  /** What KL - I(x; z) is, and what it is made of. */
  private static void parts(AggregatePosterior aggregate, PrintWriter out) {
    AggregatePosterior.Parts plugIn = aggregate.plugIn();
    AggregatePosterior.Parts others = aggregate.leaveOneOut();
    AggregatePosterior.Grid grid = aggregate.grid();
    row(
        out,
        "KL(q(z) || p(z))",
        part(plugIn.klToPrior(), others.klToPrior(), grid == null ? null : grid.klToPrior())
            + "; the next two are its parts");
    row(
        out,
        "total correlation",
        part(
            plugIn.totalCorrelation(),
            others.totalCorrelation(),
            grid == null ? null : grid.totalCorrelation()));
    row(
        out,
        "KL of each q(z_j)",
        part(plugIn.dimensionKl(), others.dimensionKl(), grid == null ? null : grid.dimensionKl())
            + "; their sum");
  }

  private static String part(Estimate plugIn, Estimate leaveOneOut, Double grid) {
    return String.format(
        Locale.ROOT,
        "%s +- %.2f nats; leave-one-out %s%s",
        Numbers.rounded("%.2f", plugIn.mean()),
        plugIn.standardError(),
        Numbers.rounded("%.2f", leaveOneOut.mean()),
        grid == null ? "" : "; on a grid " + Numbers.rounded("%.2f", grid));
  }

  private static String largest(List<DimensionStatistics> dimensions) {
    String listed =
        IntStream.range(0, dimensions.size())
            .boxed()
            .sorted(Comparator.comparingDouble(j -> -dimensions.get(j).klDivergence()))
            .limit(DIMENSIONS)
            .map(
                j ->
                    String.format(
                        Locale.ROOT,
                        "%s (z%d)",
                        Numbers.rounded("%.2f", dimensions.get(j).klDivergence()),
                        j + 1))
            .collect(Collectors.joining("  "));
    return dimensions.size() > DIMENSIONS ? listed + "  ..." : listed;
  }

  private static void row(PrintWriter out, String name, String value) {
    out.printf(Locale.ROOT, "  %-19s %s%n", name, value);
  }
}
