// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.IntegralProgress;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.Objective;
import java.util.Locale;
import java.util.function.Consumer;

/** The bar of an exact likelihood: it begins again with each level of the spacing. */
final class IntegralBar implements Consumer<IntegralProgress>, AutoCloseable {
  private final WorkBar bar;

  /**
   * @param isShown whether a bar is welcome
   */
  private IntegralBar(boolean isShown) {
    bar = WorkBar.ofStages("Integrating", "sums", isShown);
  }

  /**
   * Integrates images behind a bar.
   *
   * @param posterior of the images, as the encoder has it
   * @param scores of the same images
   * @param logLikelihood takes each image's, nats
   * @param isShown whether a bar is welcome
   */
  static ExactLikelihood integrate(
      VaeModel model,
      Objective objective,
      Posterior posterior,
      ImageScores scores,
      double[] logLikelihood,
      boolean isShown) {
    try (var bar = new IntegralBar(isShown)) {
      return ExactLikelihood.of(model, objective, posterior, scores, logLikelihood, bar);
    }
  }

  @Override
  public void accept(IntegralProgress progress) {
    bar.accept(stage(progress), progress.done(), progress.sums());
  }

  /** What stands before the bar. */
  static String stage(IntegralProgress progress) {
    return progress.parts() == 1
        ? String.format(Locale.ROOT, "Integrating, level %d", progress.level())
        : String.format(
            Locale.ROOT,
            "Integrating %d/%d, level %d",
            progress.part(),
            progress.parts(),
            progress.level());
  }

  @Override
  public void close() {
    bar.close();
  }
}
