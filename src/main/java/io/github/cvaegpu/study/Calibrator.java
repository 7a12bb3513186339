// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.Calibration;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.DivergedException;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Measures a {@link Calibration} with three short runs of constant beta: at the upper limit, at 1
 * and at the lower limit. They are runs like any other: what is finished is not trained again.
 */
public final class Calibrator {
  private final TrainingPlan plan;
  private final int epochs;
  private final Dataset dataset;

  /**
   * @param plan whose network, images and limits of beta are meant
   * @param epochs passes of each short run
   * @param dataset to train on
   */
  public Calibrator(TrainingPlan plan, int epochs, Dataset dataset) {
    this.plan = plan;
    this.epochs = epochs;
    this.dataset = dataset;
  }

  private List<StudyRun> runs() {
    BetaRule.Target limits = plan.rule().target().orElseThrow();
    return List.of(run(limits.betaMax()), run(1), run(limits.betaMin()));
  }

  private StudyRun run(double beta) {
    return new StudyRun(
        "beta-" + Numbers.plain(beta),
        Role.BETA,
        plan.withRule(new ConstantRule(beta)).withEpochs(epochs));
  }

  /**
   * Trains what is not finished, and measures.
   *
   * @param accelerator on what to train
   * @param folder in which each run has a folder
   * @param provenance what is kept with each run
   * @param interval how often a run writes a checkpoint
   * @param listener told of progress
   * @param stopRequested asked after every step
   * @return empty if it was asked to stop
   * @throws DivergedException if a run diverged: there is nothing to choose by
   */
  public Optional<Calibration> measure(
      Accelerator accelerator,
      Path folder,
      Provenance provenance,
      CheckpointInterval interval,
      StudyListener listener,
      BooleanSupplier stopRequested) {
    List<StudyRun> runs = runs();
    var runner =
        new StudyRunner(
            runs, dataset, accelerator, folder, provenance, interval, listener, stopRequested);
    StudyRunner.Outcome outcome = runner.train();
    if (outcome.isStopped()) {
      return Optional.empty();
    }
    if (!outcome.diverged().isEmpty()) {
      throw new DivergedException(
          "Calibration is not possible: %s diverged. A lower --lr may help."
              .formatted(String.join(", ", outcome.diverged())));
    }
    List<Calibration.End> ends =
        runs.stream()
            .map(
                run -> end(((ConstantRule) run.plan().rule()).beta(), Run.read(runner.folder(run))))
            .toList();
    return Optional.of(
        new Calibration(
            epochs, plan.latent(), dataset.train().size(), ends.get(0), ends.get(1), ends.get(2)));
  }

  private Calibration.End end(double beta, Run run) {
    RunRecord.Metrics metrics = run.record().metrics();
    float[] kl = run.series().orElseThrow().kl();
    int epoch = kl.length / epochs;
    double before = mean(kl, kl.length - epoch, kl.length - epoch / 2);
    double after = mean(kl, kl.length - epoch / 2, kl.length);
    return new Calibration.End(
        beta,
        Series.lastMean(kl),
        metrics.test().klDivergence().mean(),
        after > 0 ? (after - before) / after : 0);
  }

  private static double mean(float[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return to > from ? sum / (to - from) : 0;
  }
}
