// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import io.github.cvaegpu.train.Trainer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a run came to.
 *
 * @param outcome the run's end
 * @param folder the run directory
 */
record TrainingSummary(Trainer.Outcome outcome, Path folder) {
  /** The machine-readable form. */
  private record Line(
      String run, ExitReason exitReason, long steps, String dataset, RunRecord.Metrics metrics) {}

  /** For programs: one line. */
  String json() {
    RunRecord record = outcome.record();
    return Json.COMPACT.toJson(
        new Line(
            folder.toString(),
            record.exitReason(),
            record.stepsDone(),
            record.dataset().name(),
            record.metrics()));
  }

  /** For people. */
  void print(PrintWriter out) {
    if (outcome.exitReason() == ExitReason.INTERRUPTED) {
      out.printf(
          Locale.ROOT,
          "Stopped after step %d, with a checkpoint. To go on:%n"
              + "  java -jar cvae-gpu.jar train --resume --out %s%n",
          outcome.stepsDone(),
          quoted(folder.toString()));
      return;
    }
    RunRecord.Metrics metrics = outcome.record().metrics();
    RunRecord.LastSteps last = metrics.lastSteps();
    out.printf(
        Locale.ROOT,
        "Training, mean of the last %d steps: RL %.2f  KL %.2f  ELBO %.2f  beta %.4f  (nats per"
            + " image)%n",
        last.steps(),
        last.rl(),
        last.kl(),
        last.elbo(),
        last.beta());
    Evaluation test = metrics.test();
    out.printf(
        Locale.ROOT,
        "Test, %d images of %s: RL %.2f  KL %.2f  ELBO %.2f +- %.2f%n",
        test.images(),
        outcome.record().dataset().name(),
        test.reconstructionLoss().mean(),
        test.klDivergence().mean(),
        test.elbo().mean(),
        test.elbo().standardError());
    if (metrics.controller() != null) {
      out.printf(
          Locale.ROOT,
          "Controller: KL of the last %d steps %+.3f from the set point, spread %.3f; beta at its"
              + " lower limit for %.1f %% of the steps, at its upper limit for %.1f %%%n",
          metrics.controller().tailSteps(),
          metrics.controller().offset(),
          metrics.controller().spread(),
          100 * metrics.controller().atMin().fraction(),
          100 * metrics.controller().atMax().fraction());
    }
    out.println("Run directory: " + folder);
  }

  /** For a shell, where a name has characters that one would take apart. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_./=+,@%^:-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
