// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.sweep.Halving;
import io.github.cvaegpu.sweep.Rung;
import io.github.cvaegpu.sweep.RungScorer;
import io.github.cvaegpu.sweep.Rungs;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPoint;
import io.github.cvaegpu.train.DivergedException;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.QueueListener;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.SideBySide;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/**
 * Trains runs of a sweep: to their ends, or with successive halving from rung to rung.
 *
 * @param runs by the points that they are of, in order
 * @param halving how the worse are left; empty for all to their ends
 * @param folder of the sweep
 * @param dataset to train on
 * @param accelerator to train on
 * @param settings of the queues
 * @param listener told of progress
 * @param stopRequested asked after every step
 */
record SweepRun(
    SequencedMap<SweepPoint, NamedPlan> runs,
    Optional<Halving> halving,
    SweepFolder folder,
    Dataset dataset,
    Accelerator accelerator,
    RunQueue.Settings settings,
    QueueListener listener,
    BooleanSupplier stopRequested) {

  /** Trains what is not done. */
  RunQueue.Outcome train() {
    return halving.isPresent() ? halve(halving.get()) : queue(runs, settings);
  }

  private RunQueue.Outcome queue(Map<SweepPoint, NamedPlan> part, RunQueue.Settings its) {
    return new RunQueue(
            List.copyOf(part.values()), dataset, accelerator, its, listener, stopRequested)
        .train();
  }

  private RunQueue.Outcome halve(Halving how) {
    var rungs = Rungs.read(folder);
    SequencedMap<SweepPoint, NamedPlan> left = new LinkedHashMap<>(runs);
    var all = RunQueue.Outcome.NOTHING;
    for (int epochs : how.rungs(runs.firstEntry().getValue().plan().epochs())) {
      if (rungs.after(epochs).isEmpty()) {
        RunQueue.Outcome outcome = queue(left, settings.until(epochs));
        all = and(all, outcome);
        // They have no value yet: the rung is decided another time.
        boolean isOpen =
            !outcome.inUse().isEmpty()
                || !outcome.failed().isEmpty()
                || !outcome.lacksMemory().isEmpty();
        if (outcome.isStopped() || isOpen) {
          return all;
        }
        Map<Integer, Double> values = values(how, left, outcome);
        if (stopRequested.getAsBoolean()) {
          return all.stopped();
        }
        if (values.values().stream().allMatch(value -> Double.isNaN(value))) {
          throw new DivergedException(
              String.format(
                  Locale.ROOT,
                  "After epoch %,d no combination has a value for each of its seeds, so that none"
                      + " goes on: they diverged, or their models cannot be read.",
                  epochs));
        }
        rungs = rungs.with(Rung.decided(epochs, values, how.measure().isHigherBetter()), folder);
      }
      Rung rung = rungs.after(epochs).orElseThrow();
      left.keySet().removeIf(point -> !rung.goesOn(point.combination()));
    }
    return left.isEmpty() ? all : and(all, queue(left, settings));
  }

  /** Means over seeds; where a seed could not be trained, its combination has none. */
  private Map<Integer, Double> values(
      Halving how, Map<SweepPoint, NamedPlan> left, RunQueue.Outcome outcome) {
    var scorer = new RungScorer(how, dataset, accelerator);
    List<SweepPoint> points = List.copyOf(left.keySet());
    double[] ofRuns = new double[points.size()];
    new SideBySide(settings.atOnce())
        .work(
            ofRuns.length,
            i -> {
              NamedPlan run = left.get(points.get(i));
              ofRuns[i] = outcome.hasTrained(run) ? value(scorer, points.get(i), run) : Double.NaN;
              return !stopRequested.getAsBoolean();
            });
    Map<Integer, List<Double>> bySeed = new LinkedHashMap<>();
    for (int i = 0; i < ofRuns.length; i++) {
      bySeed.computeIfAbsent(points.get(i).combination(), key -> new ArrayList<>()).add(ofRuns[i]);
    }
    Map<Integer, Double> means = new LinkedHashMap<>();
    bySeed.forEach(
        (combination, values) ->
            means.put(
                combination,
                values.stream().mapToDouble(value -> value).average().orElse(Double.NaN)));
    return means;
  }

  /** What cannot be read is no better than what diverged. */
  private double value(RungScorer scorer, SweepPoint point, NamedPlan run) {
    try {
      return scorer.value(folder.folder(point));
    } catch (InputException e) {
      listener.warns(run, e.getMessage());
      return Double.NaN;
    }
  }

  private static RunQueue.Outcome and(RunQueue.Outcome one, RunQueue.Outcome next) {
    List<String> diverged = new ArrayList<>(one.diverged());
    diverged.addAll(next.diverged());
    SequencedMap<String, String> refused = new LinkedHashMap<>(one.refused());
    refused.putAll(next.refused());
    List<String> failed = new ArrayList<>(one.failed());
    failed.addAll(next.failed());
    List<String> lacksMemory = new ArrayList<>(one.lacksMemory());
    lacksMemory.addAll(next.lacksMemory());
    return new RunQueue.Outcome(
        next.isStopped(), diverged, refused, next.inUse(), failed, lacksMemory);
  }
}
