// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.eval.Spread;
import io.github.cvaegpu.report.Axes;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.IntervalFigure;
import io.github.cvaegpu.report.ParallelFigure;
import io.github.cvaegpu.report.ScatterFigure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What is drawn of a sweep. */
final class SweepPictures {
  private static final String NATS = ", nats per image";

  private SweepPictures() {}

  /** Lines that an eye tells apart; of more, those with the best ELBO are drawn. */
  private static final int MOST_LINES = 12;

  /** In the curve's order. */
  private static List<RateDistortion.Line> drawn(RateDistortion curve) {
    if (curve.lines().size() <= MOST_LINES) {
      return curve.lines();
    }
    List<RateDistortion.Line> best =
        curve.lines().stream()
            .sorted(
                Comparator.comparingDouble(
                    line ->
                        -line.best(Measure.ELBO)
                            .flatMap(point -> point.of(Quantity.TEST_ELBO))
                            .map(Spread::mean)
                            .orElse(Double.NEGATIVE_INFINITY)))
            .limit(MOST_LINES)
            .toList();
    return curve.lines().stream().filter(best::contains).toList();
  }

  /**
   * The rate-distortion curve with 95 % intervals over seeds. The best points of each line are
   * marked.
   */
  static Figure of(RateDistortion curve) {
    List<RateDistortion.Line> drawn = drawn(curve);
    List<IntervalFigure.Line> lines =
        drawn.stream()
            .map(
                line ->
                    new IntervalFigure.Line(
                        line.title().isEmpty() ? "by " + curve.along() : line.title(),
                        line.points().stream()
                            .sorted(
                                Comparator.comparingDouble(
                                    point -> point.of(Quantity.TEST_KL).orElseThrow().mean()))
                            .map(SweepPictures::point)
                            .toList()))
            .toList();
    List<IntervalFigure.Marks> marks = new ArrayList<>();
    for (Measure measure : List.of(Measure.ELBO, Measure.LOG_LIKELIHOOD)) {
      List<IntervalFigure.Point> best =
          drawn.stream()
              .map(line -> line.best(measure))
              .flatMap(Optional::stream)
              .map(SweepPictures::point)
              .toList();
      if (!best.isEmpty()) {
        marks.add(
            new IntervalFigure.Marks(
                "best %s%s".formatted(measure.title(), lines.size() > 1 ? " of a line" : ""),
                best));
      }
    }
    boolean hasIntervals =
        drawn.stream()
            .flatMap(line -> line.points().stream())
            .anyMatch(point -> point.of(Quantity.TEST_RL).orElseThrow().halfWidth().isPresent());
    return new IntervalFigure(
        "Rate and distortion of the test images"
            + (hasIntervals ? ", with 95 % intervals over seeds" : "")
            + (drawn.size() < curve.lines().size()
                ? String.format(
                    Locale.ROOT, ", the %d best of %,d lines", drawn.size(), curve.lines().size())
                : ""),
        "KL" + NATS,
        "RL" + NATS,
        lines,
        marks);
  }

  private static IntervalFigure.Point point(Summary summary) {
    Spread kl = summary.of(Quantity.TEST_KL).orElseThrow();
    Spread rl = summary.of(Quantity.TEST_RL).orElseThrow();
    return new IntervalFigure.Point(
        kl.mean(), rl.mean(), kl.halfWidth().orElse(0), rl.halfWidth().orElse(0));
  }

  /** All pictures by the names of their files, without an ending. */
  static Map<String, Figure> of(Optional<RateDistortion> curve, Optional<Axes> axes) {
    Map<String, Figure> figures = new LinkedHashMap<>();
    curve.ifPresent(its -> figures.put("rate-distortion", of(its)));
    axes.ifPresent(
        its -> {
          String colour = its.axes().get(its.colour()).name();
          figures.put("parallel", new ParallelFigure("Settings and figures, by " + colour, its));
          // RL against KL where runs differ in what leads KL, else a setting against the measure.
          Function<String, Optional<Integer>> axis =
              name ->
                  IntStream.range(0, its.axes().size())
                      .filter(a -> its.axes().get(a).name().equals(name))
                      .boxed()
                      .findFirst();
          Optional<Integer> kl = axis.apply(Quantity.TEST_KL.title());
          Optional<Integer> rl = axis.apply(Quantity.TEST_RL.title());
          boolean isOfCurve = curve.isPresent() && kl.isPresent() && rl.isPresent();
          int x = isOfCurve ? kl.get() : 0;
          int y = isOfCurve ? rl.get() : its.colour();
          figures.put(
              "one-against-one",
              new ScatterFigure(
                  "%s against %s, by %s"
                      .formatted(its.axes().get(y).name(), its.axes().get(x).name(), colour),
                  its,
                  x,
                  y));
        });
    return figures;
  }
}
