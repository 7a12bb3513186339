// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.eval.Spread;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * {@code runs.json}: what was gathered, for programs. docs/sweep.md has its schema.
 *
 * @param format version of the layout
 * @param program name and version of this program
 * @param settings what the sweep varies, in its order
 * @param runs by their indices
 * @param combinations in their order
 * @param best places by the measure asked for
 * @param rateDistortion the curve; absent of a sweep without
 */
record GatheredJson(
    int format,
    String program,
    List<String> settings,
    List<Run> runs,
    List<Combination> combinations,
    Best best,
    @AbsentIfNull Curve rateDistortion) {

  /** The version of the layout. */
  static final int FORMAT = 1;

  /** A run; figures that it does not have are not there. */
  record Run(
      int index,
      String name,
      int combination,
      long seed,
      Map<String, String> settings,
      RunState state,
      @AbsentIfNull String note,
      @AbsentIfNull String message,
      @AbsentIfNull Training training,
      Map<String, Double> figures) {
    static Run of(SweepRow row) {
      SweepPoint point = row.point();
      Map<String, Double> figures = new LinkedHashMap<>();
      for (Quantity quantity : Quantity.values()) {
        quantity.of(row).ifPresent(value -> figures.put(quantity.column(), value));
      }
      return new Run(
          point.index(),
          point.name(),
          point.combination(),
          point.seed(),
          point.values(),
          row.state(),
          row.note(),
          row.message(),
          row.trained() == null ? null : Training.of(row.trained()),
          figures);
    }
  }

  /** How far a run was trained and on what. */
  record Training(
      int latent,
      String likelihood,
      int epochsDone,
      int epochsPlanned,
      long stepsDone,
      long stepsPlanned,
      int openSessions,
      String engine,
      OptionalDouble setPoint) {
    static Training of(Trained trained) {
      return new Training(
          trained.latent(),
          trained.likelihood(),
          trained.epochsDone(),
          trained.epochsPlanned(),
          trained.stepsDone(),
          trained.stepsPlanned(),
          trained.openSessions(),
          trained.engine(),
          trained.setPoint());
    }
  }

  /** A combination over its seeds. */
  record Combination(
      int combination,
      Map<String, String> settings,
      int runs,
      int completed,
      Map<String, Spread> figures) {
    static Combination of(Summary summary) {
      Map<String, Spread> figures = new LinkedHashMap<>();
      summary.figures().forEach((quantity, spread) -> figures.put(quantity.column(), spread));
      return new Combination(
          summary.combination(),
          summary.values(),
          summary.rows().size(),
          summary.completed(),
          figures);
    }
  }

  /** Combinations by a measure. */
  record Best(String measure, @AbsentIfNull String unranked, List<Place> places) {
    static Best of(Ranking ranking) {
      return new Best(
          ranking.measure().toString(),
          ranking.unranked().orElse(null),
          IntStream.range(0, ranking.places().size())
              .mapToObj(i -> Place.of(i + 1, ranking.places().get(i)))
              .toList());
    }
  }

  /** A combination's place, from 1; by how much it is better than the next, seed by seed. */
  record Place(
      int place, int combination, Spread spread, Ranking.Lead lead, @AbsentIfNull Spread by) {
    static Place of(int number, Ranking.Place place) {
      return new Place(
          number,
          place.summary().combination(),
          place.spread(),
          place.lead(),
          place.by().orElse(null));
    }
  }

  /** The rate-distortion curve. */
  record Curve(String along, List<Line> lines) {
    static Curve of(RateDistortion curve) {
      return new Curve(curve.along(), curve.lines().stream().map(Line::of).toList());
    }
  }

  /** A line of it: combinations by their KL divergence, and the checks of its slope. */
  record Line(String title, boolean isWeighted, List<Integer> combinations, List<Check> checks) {
    static Line of(RateDistortion.Line line) {
      return new Line(
          line.title(),
          line.isWeighted(),
          line.points().stream().map(Summary::combination).toList(),
          line.checks().stream().map(Check::of).toList());
    }
  }

  /** Minus the slope between two combinations, beside beta. */
  record Check(
      int from, int to, Spread slope, Spread beta, Spread difference, int settled, int runs) {
    static Check of(SlopeCheck check) {
      return new Check(
          check.from().combination(),
          check.to().combination(),
          check.slope(),
          check.beta(),
          check.difference(),
          check.settled(),
          check.runs());
    }
  }

  static GatheredJson of(
      List<String> settings,
      List<SweepRow> rows,
      List<Summary> summaries,
      Ranking ranking,
      RateDistortion curve) {
    return new GatheredJson(
        FORMAT,
        Program.nameAndVersion(),
        settings,
        rows.stream().map(Run::of).toList(),
        summaries.stream().map(Combination::of).toList(),
        Best.of(ranking),
        curve == null ? null : Curve.of(curve));
  }
}
