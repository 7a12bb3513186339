// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.MetricsLog;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says how good runs are that are not over. By their validation images, if they have some, and else
 * by the test images: then the best of many is a little better on those than on any others.
 */
public final class RungScorer {
  /** Steps that the KL divergence is the mean of, or a tenth of all, if that is less. */
  private static final int LAST_STEPS = 1000;

  private final Halving halving;
  private final Dataset dataset;
  private final Accelerator accelerator;

  /**
   * @param halving by what
   * @param dataset that the runs are trained on
   * @param accelerator to score on
   */
  public RungScorer(Halving halving, Dataset dataset, Accelerator accelerator) {
    this.halving = halving;
    this.dataset = dataset;
    this.accelerator = accelerator;
  }

  /**
   * A run's value as it stands.
   *
   * @param run its folder
   * @return not a number if it has none
   * @throws InputException if its files cannot be used
   */
  public double value(Path run) {
    SavedModel saved = SavedModel.open(run);
    return halving.measure() == Measure.KL_ERROR
        ? klError(run, saved.plan())
        : bound(saved, halving.measure() == Measure.BOUND ? RunMeasures.SAMPLES : 1);
  }

  private double bound(SavedModel saved, int samples) {
    TrainingPlan plan = saved.plan();
    ImageSet images =
        plan.validation() == null
            ? plan.given(dataset.test())
            : plan.validation().heldOut(plan.given(dataset.train()), plan.seed());
    try (VaeModel model = saved.model(accelerator)) {
      Evaluation evaluation = new Evaluator(model, saved.seed()).evaluate(images, samples);
      return samples == 1 ? evaluation.elbo().mean() : evaluation.importanceWeightedBound().mean();
    }
  }

  private static double klError(Path run, TrainingPlan plan) {
    double target = plan.rule().target().map(BetaRule.Target::kl).orElse(Double.NaN);
    List<Double> kls = new ArrayList<>();
    Path file = RunDirectory.metricsFile(run);
    try {
      MetricsLog.readWholeRows(file, (StepReport row) -> kls.add((double) row.kl()));
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    int last = Math.min(LAST_STEPS, Math.max(1, kls.size() / 10));
    double mean =
        kls.stream()
            .skip(kls.size() - (long) last)
            .mapToDouble(kl -> kl)
            .average()
            .orElse(Double.NaN);
    return Math.abs(mean - target);
  }
}
