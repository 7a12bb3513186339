// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.engine.LearningRate;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.ValidationRow;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Everything that the page's scripts read. The names are those of the page's JSON.
 *
 * @param runs in the page's order
 * @param labelColours of dots on a light page, a label each
 * @param darkLabelColours the same on a dark page
 */
record PageData(List<RunData> runs, List<String> labelColours, List<String> darkLabelColours) {
  /** Words of all curves together: about a megabyte. */
  private static final int CURVE_WORDS = 400_000;

  /** Of a run whose learning rate stays as it is. */
  private static final int CURVES = 4;

  /** A run; set point, curves, validation and model are null where it has none. */
  record RunData(
      String name,
      String colour,
      String darkColour,
      Double setPoint,
      Curves curves,
      Validation validation,
      ExplorerData model) {}

  /**
   * How validation images were scored after epochs; null where a figure is not finite.
   *
   * @param steps of the run that were done
   * @param rl reconstruction loss
   * @param kl KL divergence
   * @param elbo -(rl + kl)
   * @param best step after the best epoch; null if the run has none
   */
  record Validation(
      List<Long> steps, List<Double> rl, List<Double> kl, List<Double> elbo, Long best) {
    /**
     * A circle is a few pixels wide: of more epochs each so manieth is shown, the best and the
     * last.
     */
    private static final int MOST = 1000;

    static Validation of(Run run) {
      List<ValidationRow> all = run.validation();
      if (all.isEmpty()) {
        return null;
      }
      int each = Math.ceilDiv(all.size(), MOST);
      Long best = run.record().best().map(ValidationRow::step).orElse(null);
      List<ValidationRow> shown = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if (i % each == each - 1
            || i == all.size() - 1
            || Long.valueOf(all.get(i).step()).equals(best)) {
          shown.add(all.get(i));
        }
      }
      return new Validation(
          shown.stream().map(ValidationRow::step).toList(),
          shown.stream().map(ValidationRow::rl).toList(),
          shown.stream().map(ValidationRow::kl).toList(),
          shown.stream().map(ValidationRow::elbo).toList(),
          best);
    }
  }

  /** A run's curves, means of the last steps at each step; rate is null where it is constant. */
  record Curves(
      Embedded.Curve rl,
      Embedded.Curve kl,
      Embedded.Curve beta,
      Embedded.Curve elbo,
      Embedded.Curve rate) {
    static Curves of(Run run, int words) {
      Series series = run.series().orElseThrow();
      return new Curves(
          Embedded.Curve.of(Series.windowMeans(series.rl()), words),
          Embedded.Curve.of(Series.windowMeans(series.kl()), words),
          Embedded.Curve.of(Series.windowMeans(series.beta()), words),
          Embedded.Curve.of(Series.windowMeans(series.elbo()), words),
          run.hasRates() ? Embedded.Curve.of(rates(run.record(), series.size()), words) : null);
    }

    /** Of each step itself. */
    private static float[] rates(RunRecord record, int steps) {
      LearningRate rate = record.plan().learningRate(record.dataset().trainImages());
      float[] rates = new float[steps];
      for (int step = 0; step < steps; step++) {
        rates[step] = (float) rate.at(step);
      }
      return rates;
    }
  }

  /**
   * What the scripts read of runs.
   *
   * @param subjects runs, one or more
   * @param names of the runs, in their order
   */
  static PageData of(List<Subject> subjects, List<String> names) {
    long curves =
        subjects.stream()
            .map(Subject::run)
            .filter(Run::hasCurves)
            .mapToLong(run -> run.hasRates() ? CURVES + 1 : CURVES)
            .sum();
    int words = (int) (CURVE_WORDS / Math.max(1, curves));
    List<RunData> runs = new ArrayList<>();
    int colour = 0;
    for (int i = 0; i < subjects.size(); i++) {
      Subject subject = subjects.get(i);
      boolean hasCurves = subject.run().hasCurves();
      OptionalDouble setPoint = RunRows.setPoint(subject.run());
      runs.add(
          new RunData(
              names.get(i),
              hasCurves ? Palette.model(colour, Theme.LIGHT) : null,
              hasCurves ? Palette.model(colour, Theme.DARK) : null,
              setPoint.isPresent() ? setPoint.getAsDouble() : null,
              hasCurves ? Curves.of(subject.run(), words) : null,
              hasCurves ? Validation.of(subject.run()) : null,
              subject
                  .run()
                  .checkpoint()
                  .map(checkpoint -> ExplorerData.of(checkpoint, subject.testPosterior()))
                  .orElse(null)));
      colour += hasCurves ? 1 : 0;
    }
    return new PageData(runs, Palette.labels(Theme.LIGHT), Palette.labels(Theme.DARK));
  }
}
