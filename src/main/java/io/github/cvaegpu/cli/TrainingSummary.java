// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.Patience;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.ValidationRow;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/** What a run came to, for people and for programs. */
final class TrainingSummary {
  /** The machine-readable form. */
  private record Line(
      String run,
      ExitReason exitReason,
      String message,
      long steps,
      String dataset,
      String likelihood,
      RunRecord.Metrics metrics,
      @AbsentIfNull RunRecord.Validated validated) {}

  private TrainingSummary() {}

  /** For programs: one line. */
  static String json(RunRecord record, Path folder) {
    return Json.COMPACT.toJson(
        new Line(
            folder.toString(),
            record.exitReason(),
            record.message(),
            record.stepsDone(),
            record.dataset().name(),
            record.likelihood(),
            record.metrics(),
            record.validated()));
  }

  /** For people. */
  static void print(RunRecord record, Path folder, PrintWriter out) {
    if (record.exitReason() == ExitReason.INTERRUPTED) {
      out.printf(
          Locale.ROOT,
          "Stopped after step %,d, with a checkpoint. To go on:%n  %s%n",
          record.stepsDone(),
          Program.command("train", "--resume", "--out", folder.toString()));
      return;
    }
    RunRecord.Metrics metrics = record.metrics();
    RunRecord.LastSteps last = metrics.lastSteps();
    out.printf(
        Locale.ROOT,
        "Training, mean of the last %s; likelihood %s, nats per image: RL %.2f  KL %s  ELBO %.2f "
            + " beta %s%n",
        steps(last.steps()),
        record.likelihood(),
        last.rl(),
        Numbers.rounded("%.2f", last.kl()),
        last.elbo(),
        Numbers.beta(last.beta()));
    Evaluation test = metrics.test();
    out.printf(
        Locale.ROOT,
        "Test, %,d images of %s; likelihood %s: RL %.2f  KL %s  ELBO %.2f +- %.2f%n",
        test.images(),
        record.dataset().name(),
        record.likelihood(),
        test.reconstructionLoss().mean(),
        Numbers.rounded("%.2f", test.klDivergence().mean()),
        test.elbo().mean(),
        test.elbo().standardError());
    if (record.validated() != null) {
      printValidation(record, folder, out);
    }
    if (metrics.controller() != null) {
      printControl(metrics.controller(), record, out);
    }
    out.println("Run directory: " + folder);
    out.println("To look at it: " + Program.command("report", folder.toString()));
    out.println("To score it: " + Program.command("evaluate", folder.toString()));
  }

  private static void printValidation(RunRecord record, Path folder, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "Validation, %,d training images held out; likelihood %s: %s%n",
        record.dataset().validationImages(),
        record.likelihood(),
        ProgressLines.figures(record.validated().last()));
    if (record.plan().patience().isEmpty()) {
      return;
    }
    Patience patience = record.plan().patience().get();
    record
        .stoppedAfter()
        .ifPresent(
            epoch ->
                out.printf(
                    Locale.ROOT,
                    "Stopped early after epoch %,d: no better %s for %s%n",
                    epoch,
                    patience.measure().title(),
                    patience.epochs() == 1
                        ? "an epoch"
                        : String.format(Locale.ROOT, "%,d epochs", patience.epochs())));
    if (record.best().isPresent()) {
      ValidationRow best = record.best().get();
      out.printf(
          Locale.ROOT,
          "Best epoch: %,d, %s %.2f; to score its model: %s%n",
          best.epoch(),
          patience.measure().title(),
          patience.measure().of(best),
          Program.command("evaluate", RunDirectory.bestFile(folder).toString()));
    } else {
      out.println("No epoch counted for --patience: beta was still rising or KL had not settled.");
    }
  }

  private static void printControl(ControlReport report, RunRecord record, PrintWriter out) {
    BetaRule rule = record.plan().rule();
    // Its limits of beta are not asked for here, so that any first loss will do.
    BetaRule.Target target = rule.target(1, record.stepsDone()).orElseThrow();
    out.printf(
        Locale.ROOT,
        "Controller: KL of the last %s %s from the set point, spread %.2f%s%n",
        steps(report.tailSteps()),
        Numbers.rounded("%+.2f", report.offset()),
        report.spread(),
        target.isLimited() ? limits(report) : "");
    if (report.latched()) {
      out.printf(
          Locale.ROOT,
          "The controller was latched at a limit of beta from step %,d on%n",
          report.latchStep().getAsLong());
    }
    if (report.settlingStep().isPresent()) {
      out.printf(
          Locale.ROOT,
          "Settled within %.0f %% of the set point from step %,d on%n",
          100 * ControlReport.SETTLED,
          report.settlingStep().getAsLong());
    }
    report
        .notSettled(target.kl(), record.metrics().lastSteps().beta(), rule.remedy())
        .ifPresent(out::println);
  }

  private static String limits(ControlReport report) {
    return String.format(
        Locale.ROOT,
        "; beta at its lower limit for %.1f %% of the steps, at its upper limit for %.1f %%",
        100 * report.atMin().fraction(),
        100 * report.atMax().fraction());
  }

  private static String steps(int count) {
    return count == 1 ? "step" : String.format(Locale.ROOT, "%,d steps", count);
  }
}
