// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.sweep.Halving;
import io.github.cvaegpu.sweep.Rung;
import io.github.cvaegpu.sweep.RungScorer;
import io.github.cvaegpu.sweep.Rungs;
import io.github.cvaegpu.sweep.SweepFolder;
import io.github.cvaegpu.sweep.SweepPoint;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.QueueListener;
import io.github.cvaegpu.train.RunQueue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    var all = new RunQueue.Outcome(false, List.of(), new LinkedHashMap<>(), List.of());
    for (int epochs : how.rungs(runs.firstEntry().getValue().plan().epochs())) {
      if (rungs.after(epochs).isEmpty()) {
        RunQueue.Outcome outcome = queue(left, settings.until(epochs));
        all = and(all, outcome);
        if (outcome.isStopped() || !outcome.inUse().isEmpty()) {
          return all;
        }
        Map<Integer, Double> values = values(how, left, outcome);
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
    Map<Integer, List<Double>> bySeed = new LinkedHashMap<>();
    left.forEach(
        (point, run) -> {
          boolean hasValue =
              !outcome.diverged().contains(run.name())
                  && !outcome.refused().containsKey(run.name());
          bySeed
              .computeIfAbsent(point.combination(), key -> new ArrayList<>())
              .add(hasValue ? scorer.value(folder.folder(point)) : Double.NaN);
        });
    Map<Integer, Double> means = new LinkedHashMap<>();
    bySeed.forEach(
        (combination, values) ->
            means.put(
                combination,
                values.stream().mapToDouble(value -> value).average().orElse(Double.NaN)));
    return means;
  }

  private static RunQueue.Outcome and(RunQueue.Outcome one, RunQueue.Outcome next) {
    List<String> diverged = new ArrayList<>(one.diverged());
    diverged.addAll(next.diverged());
    SequencedMap<String, String> refused = new LinkedHashMap<>(one.refused());
    refused.putAll(next.refused());
    return new RunQueue.Outcome(next.isStopped(), diverged, refused, next.inUse());
  }
}
