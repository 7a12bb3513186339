// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The claims as text: {@code claims.md}, the same tables for the HTML page, and a line each. */
final class ClaimsDocument {
  /** How the verdicts come about, and what the tables' figures are. */
  static final List<String> RULES =
      List.of(
          "All figures are nats per image but where another unit is named, means over seeds. A"
              + " difference is the ControlVAE's figure minus the other's of the same seed, with"
              + " the 95 % interval of its mean by Student's t distribution.",
          "A sentence is judged by its first measure. With two seeds or more it holds if the whole"
              + " interval is on the claimed side of 0, does not hold if the whole interval is on"
              + " the other side, and cannot be told otherwise. One seed has a difference but no"
              + " interval, so there is no verdict. Several sentences are judged at once, so that"
              + " chance alone would make some hold: an interval is that of its own difference, but"
              + " a verdict needs a p value below 0.05 after Holm's correction. It is for all"
              + " sentences at one learning rate that go by a difference: not for that on holding"
              + " KL, and that on the optimal KL has a correction of its own.",
          "Behind a reconstruction loss stands how far it is above the entropy of the pixels"
              + " themselves, which no model can be below. \"Study\" is the study's own accounting:"
              + " RL + beta KL as RL, and minus the sum of that and KL as ELBO.");

  /** Columns of a claim's table. */
  static List<String> columns(Claim claim) {
    boolean hasRivals =
        claim.measures().stream().anyMatch(measure -> measure.name().contains(" against "));
    return List.of(
        "measure",
        "images",
        "accounting",
        hasRivals ? "rival" : "beta-VAE",
        "ControlVAE",
        "difference");
  }

  private ClaimsDocument() {}

  /** The cells of a measure, in the order of the columns. */
  static List<String> cells(Measure measure) {
    return List.of(
        measure.name(),
        measure.split(),
        measure.accounting() == Accounting.STUDY ? "study" : "standard",
        figure(measure.other(), measure.floor()),
        figure(measure.control(), measure.floor()),
        difference(measure.difference()));
  }

  private static String figure(double value, double floor) {
    if (Double.isNaN(value)) {
      return "";
    }
    String text = number(value);
    return Double.isNaN(floor) ? text : text + " (" + number(value - floor) + " above the floor)";
  }

  /** The figure that a sentence goes by: the difference, or the ControlVAE's where it has none. */
  static String judgedBy(Measure measure) {
    return measure.difference() == null
        ? number(measure.control())
        : signed(measure.difference().mean());
  }

  private static String signed(double value) {
    return (value > 0 ? "+" : "") + number(value);
  }

  private static String difference(PairedDifference difference) {
    if (difference == null) {
      return "";
    }
    String mean = signed(difference.mean());
    return difference.halfWidth().isPresent()
        ? mean + " ± " + number(difference.halfWidth().getAsDouble())
        : mean + " (one seed)";
  }

  /** Whole numbers as they are; two digits of nats and percents, four of small figures. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size >= 1000 || (size >= 10 && value == Math.rint(value))) {
      return Numbers.rounded("%,.0f", value);
    }
    return Numbers.rounded(size >= 0.1 ? "%.2f" : "%.4f", value);
  }

  /** The whole document. */
  static String markdown(StudyResult result) {
    var out = new StringBuilder();
    out.append("# What the study claims, and what was measured\n\n");
    out.append(result.about()).append("\n\n");
    for (String warning : result.warnings()) {
      out.append("**").append(warning).append("**\n\n");
    }
    table(summaryColumns(result), summary(result), out);
    out.append("## How they are judged\n\n");
    for (String rule : RULES) {
      out.append(rule).append("\n\n");
    }
    double rate = Double.NaN;
    for (Claim claim : result.claims()) {
      if (claim.learningRate() != rate) {
        rate = claim.learningRate();
        out.append("## Learning rate ").append(Numbers.plain(rate)).append("\n\n");
      }
      out.append("### ").append(claim.sentence()).append(": ").append(claim.verdictText());
      out.append("\n\n");
      if (!claim.measures().isEmpty()) {
        table(columns(claim), claim.measures().stream().map(ClaimsDocument::cells).toList(), out);
      }
      out.append(note(claim)).append("\n\n");
    }
    if (!result.published().isEmpty()) {
      out.append("## The published figures\n\n");
      out.append(publishedIntroduction()).append("\n\n");
      table(PUBLISHED_COLUMNS, publishedRows(result.published()), out);
    }
    return out.toString().stripTrailing() + "\n";
  }

  /** What has to be known beside the numbers, the p values among it. */
  static String note(Claim claim) {
    if (claim.adjustedP().isEmpty()) {
      return claim.note();
    }
    return String.format(
        Locale.ROOT,
        "%s p = %.2g, and %.2g after Holm's correction.",
        claim.note(),
        claim.p(),
        claim.adjustedP().getAsDouble());
  }

  static final List<String> PUBLISHED_COLUMNS =
      List.of("model", "figure", "published", "here", "seeds from - to", "difference");

  static String publishedIntroduction() {
    return String.format(
        Locale.ROOT,
        "Means of the last 100 steps after %d epochs at learning rate %s, in the study's"
            + " accounting. To come back, a figure has to be within %.0f nats.",
        Published.EPOCHS,
        Numbers.plain(Published.LEARNING_RATE),
        Published.TOLERANCE);
  }

  static List<List<String>> publishedRows(List<Published.Row> rows) {
    List<List<String>> cells = new ArrayList<>();
    for (Published.Row row : rows) {
      cells.add(
          List.of(
              row.model(),
              row.figure(),
              String.format(Locale.ROOT, "%.2f", row.published()),
              String.format(Locale.ROOT, "%.2f", row.ours()),
              String.format(Locale.ROOT, "%.2f to %.2f", row.smallest(), row.largest()),
              Numbers.rounded("%+.2f", row.difference()) + (row.isWithin() ? "" : " (outside)")));
    }
    return cells;
  }

  /** Header of the table that has every sentence's verdict. */
  static List<String> summaryColumns(StudyResult result) {
    List<String> columns = new ArrayList<>();
    columns.add("the study says");
    rates(result).forEach(rate -> columns.add("learning rate " + Numbers.plain(rate)));
    return columns;
  }

  /** A row a sentence: its verdict at each learning rate. */
  static List<List<String>> summary(StudyResult result) {
    List<List<String>> rows = new ArrayList<>();
    for (String sentence : result.claims().stream().map(Claim::sentence).distinct().toList()) {
      List<String> row = new ArrayList<>();
      row.add(sentence);
      for (double rate : rates(result)) {
        result.claims().stream()
            .filter(claim -> claim.learningRate() == rate && claim.sentence().equals(sentence))
            .forEach(claim -> row.add(claim.verdictText()));
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<Double> rates(StudyResult result) {
    return result.claims().stream().map(Claim::learningRate).distinct().toList();
  }

  private static void table(List<String> header, List<List<String>> rows, StringBuilder out) {
    row(header, out);
    out.append("|").append("---|".repeat(header.size())).append('\n');
    rows.forEach(row -> row(row, out));
    out.append('\n');
  }

  private static void row(List<String> cells, StringBuilder out) {
    out.append('|');
    for (String cell : cells) {
      out.append(' ').append(cell.replace("|", "\\|")).append(cell.isEmpty() ? "|" : " |");
    }
    out.append('\n');
  }

  /** A claim in a line, with the difference that its verdict goes by. */
  static String line(Claim claim) {
    String judged = claim.measures().isEmpty() ? claim.note() : judged(claim.measures().getFirst());
    return "%-40s %s; %s".formatted(claim.verdictText() + ":", claim.sentence(), judged);
  }

  private static String judged(Measure measure) {
    String split = measure.split().isEmpty() ? "" : measure.split() + " ";
    return measure.difference() == null
        ? "%s%s %s".formatted(split, measure.name(), number(measure.control()))
        : "%s%s %s against %s, difference %s"
            .formatted(
                split,
                measure.name(),
                number(measure.control()),
                number(measure.other()),
                difference(measure.difference()));
  }
}
