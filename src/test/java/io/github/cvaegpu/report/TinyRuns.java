// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Runs with more steps than a smoothed curve needs, on images that take no time. */
final class TinyRuns {
  /** 300 images in batches of 8, four times. */
  static final int STEPS = 4 * 38;

  static final BetaRule CONTROL = PiRule.defaults();
  static final BetaRule BETA = new ConstantRule(1);

  private TinyRuns() {}

  /** Trains a run of a network with wide layers, as the study's are. */
  static Subject train(Path folder, BetaRule rule, int latent) {
    return train(folder, Plans.of(rule, 4, 8, 1e-3, latent, List.of(400, 50), 5));
  }

  /** Trains a run of a plan. */
  static Subject train(Path folder, TrainingPlan plan) {
    Dataset dataset = TinyImages.dataset(1);
    try (var directory = RunDirectory.create(folder);
        var engine = plan.trainee(new CpuAccelerator(1), dataset.train())) {
      new Trainer(
              plan,
              dataset,
              engine,
              directory,
              Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
              CheckpointInterval.parse("1epochs"),
              RunObserver.NONE,
              () -> false)
          .run();
      return new Subject(Run.read(folder), Optional.of(Posterior.of(engine, dataset.test())));
    }
  }
}
