// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.report.HtmlReport.Subject;
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

  private static final int CURVES = 4;

  /** A run; set point, curves and model are null where it has none. */
  record RunData(
      String name,
      String colour,
      String darkColour,
      Double setPoint,
      Curves curves,
      ExplorerData model) {}

  /** A run's curves, means of the last steps at each step. */
  record Curves(Embedded.Curve rl, Embedded.Curve kl, Embedded.Curve beta, Embedded.Curve elbo) {
    static Curves of(Series series, int words) {
      return new Curves(
          Embedded.Curve.of(Series.windowMeans(series.rl()), words),
          Embedded.Curve.of(Series.windowMeans(series.kl()), words),
          Embedded.Curve.of(Series.windowMeans(series.beta()), words),
          Embedded.Curve.of(Series.windowMeans(series.elbo()), words));
    }
  }

  /**
   * What the scripts read of runs.
   *
   * @param subjects runs, one or more
   * @param names of the runs, in their order
   */
  static PageData of(List<Subject> subjects, List<String> names) {
    long drawn = subjects.stream().filter(subject -> subject.run().hasCurves()).count();
    int words = (int) (CURVE_WORDS / Math.max(1, CURVES * drawn));
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
              hasCurves ? Curves.of(subject.run().series().orElseThrow(), words) : null,
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
