// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.sweep.Measure;
import io.github.cvaegpu.sweep.RateDistortion;
import io.github.cvaegpu.sweep.Rungs;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepMeasurer;
import io.github.cvaegpu.sweep.SweepPlan;
import io.github.cvaegpu.sweep.SweepPoint;
import io.github.cvaegpu.sweep.SweepResults;
import io.github.cvaegpu.sweep.SweepRow;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What is measured and gathered of a sweep's runs.
 *
 * @param plan of the sweep
 * @param folder of the sweep
 * @param measure that combinations are ranked by
 * @param isAsked whether that measure was asked for: then nothing else is measured
 * @param expected what a run is to be trained by; empty where its settings do not go together
 */
record SweepGathering(
    SweepPlan plan,
    SweepFolder folder,
    Measure measure,
    boolean isAsked,
    Function<SweepPoint, Optional<TrainingPlan>> expected) {

  /** As the runs are now. */
  SweepResults results() {
    Map<Integer, String> notes = new HashMap<>();
    if (plan.halving() != null) {
      Rungs rungs = Rungs.read(folder);
      for (SweepPoint point : plan.points()) {
        rungs
            .note(point.combination(), plan.halving().measure())
            .ifPresent(note -> notes.put(point.index(), note));
      }
    }
    return SweepResults.read(plan, folder, notes, expected);
  }

  /** A run as it is now. */
  SweepRow row(SweepPoint point) {
    return SweepRow.read(folder, point, null, expected.apply(point));
  }

  /**
   * The measure, and log p(x) where there is a rate-distortion curve to mark its best point on. It
   * takes a good part of a minute a model, which else only those wait for who ask for it.
   */
  private Set<Measure> wanted() {
    return RateDistortion.isOf(plan) && !isAsked
        ? EnumSet.of(Measure.LOG_LIKELIHOOD, measure)
        : EnumSet.of(measure);
  }

  /** Some runs as they are now: a task that trains one of thousands reads no others. */
  List<SweepRow> rows(List<SweepPoint> points) {
    return points.stream().map(this::row).toList();
  }

  /** Runs among some whose models are still to be measured. */
  List<SweepRow> missing(List<SweepRow> rows) {
    return SweepMeasurer.missing(rows, wanted());
  }

  /**
   * Measures models.
   *
   * @param rows of them
   * @param atOnce models at a time, from 1
   * @param listener told of it
   * @return false if it was asked to stop
   * @throws InputException if a figure cannot be written
   */
  boolean measure(
      List<SweepRow> rows,
      Dataset dataset,
      Accelerator accelerator,
      int atOnce,
      SweepMeasurer.Listener listener,
      BooleanSupplier stopRequested) {
    return new SweepMeasurer(folder, dataset, wanted())
        .measure(rows, accelerator, atOnce, listener, stopRequested);
  }
}
