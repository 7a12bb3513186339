// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
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
   * @param plan whose network and images are meant, and a PI controller's limits of beta; for any
   *     other rule those of the study
   * @param epochs passes of each short run
   * @param dataset to train on
   */
  public Calibrator(TrainingPlan plan, int epochs, Dataset dataset) {
    this.plan = plan;
    this.epochs = epochs;
    this.dataset = dataset;
  }

  private NamedPlan run(double beta) {
    return new NamedPlan(
        "beta-" + Numbers.plain(beta),
        // Of a schedule for a whole run these few epochs would be another part than they stand for.
        plan.withRates(null).withRule(new ConstantRule(beta)).withEpochs(epochs).withoutPatience());
  }

  /** The upper limit, 1 and the lower limit. */
  private double[] betas() {
    PiRule limits = plan.rule() instanceof PiRule pi ? pi : PiRule.defaults();
    return new double[] {limits.betaMax(), 1, limits.betaMin()};
  }

  /** The short runs, in their order. */
  public List<NamedPlan> runs() {
    // A limit of 1 makes two of them one.
    return Arrays.stream(betas()).mapToObj(this::run).distinct().toList();
  }

  /**
   * Trains what is not finished, and measures.
   *
   * @param accelerator on what to train
   * @param settings how, and in which folder
   * @param listener told of progress
   * @param stopRequested asked after every step
   * @return empty if it was asked to stop
   * @throws DivergedException if a run diverged: there is nothing to choose by
   */
  public Optional<Calibration> measure(
      Accelerator accelerator,
      RunQueue.Settings settings,
      QueueListener listener,
      BooleanSupplier stopRequested) {
    double[] betas = betas();
    var queue = new RunQueue(runs(), dataset, accelerator, settings, listener, stopRequested);
    RunQueue.Outcome outcome = queue.train();
    if (outcome.isStopped()) {
      return Optional.empty();
    }
    if (!outcome.diverged().isEmpty()) {
      throw new DivergedException(
          "Calibration is not possible: %s diverged. A lower --lr may help."
              .formatted(String.join(", ", outcome.diverged())));
    }
    List<Calibration.End> ends =
        Arrays.stream(betas).mapToObj(beta -> end(beta, queue.folder(run(beta)))).toList();
    return Optional.of(
        new Calibration(
            epochs, plan.latent(), trainingImages(), ends.get(0), ends.get(1), ends.get(2)));
  }

  private int trainingImages() {
    return plan.trainingImages(dataset.train().size());
  }

  private Calibration.End end(double beta, Path folder) {
    RunRecord.Metrics metrics = RunDirectory.readRecord(folder).metrics();
    float[] kl = new float[epochs * plan.batches(trainingImages())];
    Path file = RunDirectory.metricsFile(folder);
    try {
      MetricsLog.read(file, row -> kl[Math.toIntExact(row.step() - 1)] = row.kl());
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    int epoch = kl.length / epochs;
    double before = mean(kl, kl.length - epoch, kl.length - epoch / 2);
    double after = mean(kl, kl.length - epoch / 2, kl.length);
    return new Calibration.End(
        beta,
        metrics.lastSteps().rl(),
        metrics.lastSteps().kl(),
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
