// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.train.EpochReport;
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
        "epoch %d/%d  RL %.2f  KL %s  beta %.4f  %,.0f images/s",
        report.epoch(),
        report.epochs(),
        report.rl(),
        Numbers.rounded("%.2f", report.kl()),
        report.beta(),
        report.imagesPerSecond());
  }
}
