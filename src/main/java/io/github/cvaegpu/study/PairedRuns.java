// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** A study's runs at one learning rate: those seeds of which both models are finished. */
final class PairedRuns {
  private final double learningRate;
  private final Floors floors;
  private final List<RunFigures> all;

  // Runs by seed.
  private final SortedMap<Long, RunFigures> beta;
  private final SortedMap<Long, RunFigures> control;

  /**
   * @param learningRate of the runs
   * @param all the finished runs of a study, of any learning rate
   * @param floors under the losses
   */
  PairedRuns(double learningRate, List<RunFigures> all, Floors floors) {
    this.learningRate = learningRate;
    this.floors = floors;
    this.all = List.copyOf(all);
    beta = bySeed(run -> run.role() == Role.BETA);
    control = bySeed(run -> run.role() == Role.CONTROL);
    beta.keySet().retainAll(control.keySet());
    control.keySet().retainAll(beta.keySet());
  }

  private SortedMap<Long, RunFigures> bySeed(Predicate<RunFigures> isMeant) {
    SortedMap<Long, RunFigures> found = new TreeMap<>();
    for (RunFigures run : all) {
      if (run.learningRate() == learningRate && isMeant.test(run)) {
        found.put(run.seed(), run);
      }
    }
    return found;
  }

  double learningRate() {
    return learningRate;
  }

  /** The beta-VAEs by seed. */
  SortedMap<Long, RunFigures> beta() {
    return beta;
  }

  /** The ControlVAEs, one for each beta-VAE. */
  Collection<RunFigures> control() {
    return control.values();
  }

  /** The runs at another set point whose seed has a pair. */
  SortedMap<Long, RunFigures> rival(double setPoint) {
    SortedMap<Long, RunFigures> rival =
        bySeed(run -> run.role() == Role.RIVAL && run.setPoint() == setPoint);
    rival.keySet().retainAll(control.keySet());
    return rival;
  }

  /** The runs of this program's own rule whose seed has a pair. */
  SortedMap<Long, RunFigures> held() {
    SortedMap<Long, RunFigures> held = bySeed(run -> run.role() == Role.HELD);
    held.keySet().retainAll(control.keySet());
    return held;
  }

  /** Number of pairs. */
  int size() {
    return control.size();
  }

  /** Passes over the training images that the runs took. */
  int epochs() {
    return control.values().stream().mapToInt(RunFigures::epochs).max().orElse(0);
  }

  boolean haveLabels() {
    return control.values().stream().allMatch(run -> run.test().separation() != null);
  }

  double betaMean(ToDoubleFunction<RunFigures> figure) {
    return mean(beta, figure);
  }

  double controlMean(ToDoubleFunction<RunFigures> figure) {
    return mean(control, figure);
  }

  /** A figure of both models. */
  Measure measure(RunFigure figure) {
    return measure(figure, "beta-VAE", beta);
  }

  /**
   * A figure of the ControlVAE and of others, by the others' seeds: the rest has no partner. Where
   * a run never got to it there is no difference to give.
   *
   * @param name of the others
   */
  Measure measure(RunFigure figure, String name, SortedMap<Long, RunFigures> other) {
    SortedMap<Long, RunFigures> partners = new TreeMap<>(control);
    partners.keySet().retainAll(other.keySet());
    List<Double> others = figures(other, figure.of());
    List<Double> controls = figures(partners, figure.of());
    boolean areThere =
        missing(other.values(), figure) + missing(partners.values(), figure) == 0
            && others.stream().allMatch(Double::isFinite)
            && controls.stream().allMatch(Double::isFinite);
    return new Measure(
        figure.name()
            + notReached(name, other.values(), figure)
            + notReached("ControlVAE", partners.values(), figure),
        figure.split(),
        figure.accounting(),
        mean(other, figure.of()),
        mean(partners, figure.of()),
        figure.floor().applyAsDouble(floors),
        areThere && !others.isEmpty() ? PairedDifference.of(controls, others) : null);
  }

  /** A figure of the ControlVAE with nothing beside it. */
  Measure alone(RunFigure figure) {
    return new Measure(
        figure.name() + notReached("ControlVAE", control.values(), figure),
        figure.split(),
        figure.accounting(),
        Double.NaN,
        mean(control, figure.of()),
        Double.NaN,
        null);
  }

  boolean isReachedByAll(RunFigure figure) {
    return missing(beta.values(), figure) + missing(control.values(), figure) == 0;
  }

  boolean isReachedByAny(RunFigure figure) {
    return missing(beta.values(), figure) + missing(control.values(), figure)
        < beta.size() + control.size();
  }

  private static long missing(Collection<RunFigures> runs, RunFigure figure) {
    return runs.stream().filter(figure.isReached().negate()).count();
  }

  /** Says where a figure stands for a run that never got there; empty if all did. */
  private static String notReached(String model, Collection<RunFigures> runs, RunFigure figure) {
    long missing = missing(runs, figure);
    return missing == 0
        ? ""
        : String.format(
            Locale.ROOT, " (not reached by the %s, %d of %d seeds)", model, missing, runs.size());
  }

  private static List<Double> figures(
      SortedMap<Long, RunFigures> runs, ToDoubleFunction<RunFigures> figure) {
    return runs.values().stream().mapToDouble(figure).boxed().toList();
  }

  private static double mean(
      SortedMap<Long, RunFigures> runs, ToDoubleFunction<RunFigures> figure) {
    return runs.values().stream().mapToDouble(figure).average().orElse(Double.NaN);
  }
}
