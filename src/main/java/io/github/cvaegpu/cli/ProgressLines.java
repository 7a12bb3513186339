// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.ValidationRow;
import java.io.PrintWriter;
import java.util.Locale;

/** Progress where there is no terminal: a plain line an epoch. */
final class ProgressLines implements Progress {
  private final PrintWriter out;

  ProgressLines(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void epoch(EpochReport report) {
    out.println(line(report));
  }

  @Override
  public void says(String sentence) {
    out.println(sentence);
  }

  static String line(EpochReport report) {
    return String.format(
        Locale.ROOT,
        "epoch %d/%d  RL %.2f  KL %s  beta %s%s  %,.0f images/s",
        report.epoch(),
        report.epochs(),
        report.rl(),
        Numbers.rounded("%.2f", report.kl()),
        Numbers.beta(report.beta()),
        report.validation().map(row -> "  validation " + figures(row)).orElse(""),
        report.imagesPerSecond());
  }

  /** How the validation images were scored. */
  static String figures(ValidationRow row) {
    return String.format(
        Locale.ROOT,
        "RL %.2f  KL %s  ELBO %.2f",
        row.rl(),
        Numbers.rounded("%.2f", row.kl()),
        row.elbo());
  }
}
