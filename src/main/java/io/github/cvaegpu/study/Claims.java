// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.RunFigures.Held;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Judges the study's sentences by the figures of its runs at one learning rate. How a verdict comes
 * about, {@link PairedDifference#verdict} says; each sentence is judged by its first measure.
 */
final class Claims {
  /** The digits that the study names. */
  static final List<Integer> NAMED_DIGITS = List.of(3, 8, 2);

  private static final int LOWER = -1;
  private static final int HIGHER = 1;

  private final double learningRate;
  private final List<Double> setPoints;
  private final Floors floors;

  // Runs by seed: those seeds of which both models are finished.
  private final SortedMap<Long, RunFigures> beta;
  private final SortedMap<Long, RunFigures> control;
  private final List<SortedMap<Long, RunFigures>> rivals;

  /**
   * @param learningRate whose runs are judged
   * @param runs the finished runs of a study, of any learning rate
   * @param setPoints the other set points that were asked for
   * @param floors under the losses
   */
  Claims(double learningRate, List<RunFigures> runs, List<Double> setPoints, Floors floors) {
    this.learningRate = learningRate;
    this.setPoints = List.copyOf(setPoints);
    this.floors = floors;
    beta = bySeed(runs, run -> run.role() == Role.BETA);
    control = bySeed(runs, run -> run.role() == Role.CONTROL);
    beta.keySet().retainAll(control.keySet());
    control.keySet().retainAll(beta.keySet());
    rivals = new ArrayList<>();
    for (double setPoint : setPoints) {
      SortedMap<Long, RunFigures> rival =
          bySeed(runs, run -> run.role() == Role.RIVAL && run.setPoint() == setPoint);
      rival.keySet().retainAll(control.keySet());
      rivals.add(rival);
    }
  }

  private SortedMap<Long, RunFigures> bySeed(List<RunFigures> runs, Predicate<RunFigures> isMeant) {
    SortedMap<Long, RunFigures> found = new TreeMap<>();
    for (RunFigures run : runs) {
      if (run.learningRate() == learningRate && isMeant.test(run)) {
        found.put(run.seed(), run);
      }
    }
    return found;
  }

  /** All of the study's sentences. */
  List<Claim> judge() {
    return List.of(
        faster(), lowerLoss(), higherElbo(), separation(), namedDigits(), held(), optimal());
  }

  // ---- the sentences ---------------------------------------------------------------------------

  /**
   * By the lowest threshold that every run gets below. Where one does not, its number of steps is
   * only known to be larger than those of the run: the figures are given, but no difference.
   */
  Claim faster() {
    String sentence = "The ControlVAE gets to small reconstruction losses faster";
    if (control.isEmpty()) {
      return nothing(sentence);
    }
    List<Measure> reached = new ArrayList<>();
    List<Measure> missed = new ArrayList<>();
    for (Accounting accounting : Accounting.values()) {
      for (int threshold : RunFigures.THRESHOLDS) {
        steps(threshold, accounting, reached, missed);
      }
    }
    if (reached.isEmpty() || reached.getFirst().accounting() != Accounting.STANDARD) {
      return nothing(
          sentence,
          String.format(
              Locale.ROOT, "Not every run gets below %d.", RunFigures.THRESHOLDS.getLast()));
    }
    List<Measure> measures = new ArrayList<>(reached);
    measures.addAll(missed);
    return claim(
        sentence,
        measures,
        LOWER,
        "Steps until the mean of the last 100 is below a threshold. It is judged by the lowest one"
            + " that every run gets below. A run that never does stands with its number of steps,"
            + " which is less than it would have taken; then there is no difference to give.");
  }

  private void steps(
      int threshold, Accounting accounting, List<Measure> reached, List<Measure> missed) {
    Function<RunFigures, OptionalLong> first = run -> run.firstBelow(accounting, threshold);
    long missing = missing(beta.values(), first) + missing(control.values(), first);
    if (missing == beta.size() + control.size()) {
      return;
    }
    Measure steps =
        measure(
            "steps to RL < "
                + threshold
                + notReached("beta-VAE", beta.values(), first)
                + notReached("ControlVAE", control.values(), first),
            "train",
            accounting,
            Double.NaN,
            run -> first.apply(run).orElse(run.steps()));
    if (missing == 0) {
      reached.add(steps);
    } else {
      missed.add(steps.withoutDifference());
    }
  }

  private static long missing(
      Collection<RunFigures> runs, Function<RunFigures, OptionalLong> first) {
    return runs.stream().filter(run -> first.apply(run).isEmpty()).count();
  }

  /** Says where a number of steps stands for a run that never got there; empty if all did. */
  private static String notReached(
      String model, Collection<RunFigures> runs, Function<RunFigures, OptionalLong> first) {
    long missing = missing(runs, first);
    return missing == 0
        ? ""
        : String.format(
            Locale.ROOT, " (not reached by the %s, %d of %d seeds)", model, missing, runs.size());
  }

  Claim lowerLoss() {
    return claim(
        "The ControlVAE reconstructs better: its reconstruction loss is lower",
        List.of(
            measure("RL", "test", Accounting.STANDARD, floors.test(), run -> run.test().rl()),
            measure(
                "RL, last 100 steps",
                "train",
                Accounting.STANDARD,
                floors.train(),
                run -> run.last().rl()),
            measure(
                "RL, last 100 steps",
                "train",
                Accounting.STUDY,
                floors.train(),
                run -> run.last().studyRl())),
        LOWER,
        String.format(
            Locale.ROOT,
            "The study's own figure has beta KL in it: %.2f nats for the beta-VAE and %.2f for the"
                + " ControlVAE here.",
            mean(beta, run -> run.last().studyRl() - run.last().rl()),
            mean(control, run -> run.last().studyRl() - run.last().rl())));
  }

  Claim higherElbo() {
    return claim(
        "The ControlVAE gets a higher ELBO",
        List.of(
            measure("ELBO", "test", Accounting.STANDARD, Double.NaN, run -> run.test().elbo()),
            measure(
                String.format(
                    Locale.ROOT,
                    "importance-weighted bound, %d samples",
                    RunEvaluation.TEST_SAMPLES),
                "test",
                Accounting.STANDARD,
                Double.NaN,
                run -> run.test().bound()),
            measure(
                "ELBO, last 100 steps",
                "train",
                Accounting.STANDARD,
                Double.NaN,
                run -> run.last().elbo()),
            measure(
                "ELBO, last 100 steps",
                "train",
                Accounting.STUDY,
                Double.NaN,
                run -> run.last().studyElbo())),
        HIGHER,
        String.format(
            Locale.ROOT,
            "The study counts KL 1 + beta times. With the beta of these runs' last 100 steps that"
                + " is %.2f times for the beta-VAE and %.2f times for the ControlVAE.",
            1 + mean(beta, run -> run.last().beta()),
            1 + mean(control, run -> run.last().beta())));
  }

  Claim separation() {
    String sentence = "The ControlVAE segments the latent space better";
    if (hasNoLabels()) {
      return nothing(sentence, "The images have no labels.");
    }
    return claim(
        sentence,
        List.of(
            measure(
                "labels told by the 10 nearest neighbours, %",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                run -> 100 * run.test().separation().neighbours()),
            measure(
                "labels told by a linear probe, %",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                run -> 100 * run.test().separation().probe()),
            measure(
                "label MIG",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                run -> run.test().separation().labelMig())),
        HIGHER,
        "The study calls this disentanglement, which needs more than one known factor to measure.");
  }

  Claim namedDigits() {
    String sentence = "The ControlVAE reconstructs the digits 3, 8 and 2 better";
    if (hasNoLabels()) {
      return nothing(sentence, "The images have no labels.");
    }
    List<Measure> measures = new ArrayList<>();
    measures.add(
        measure(
            "RL of 3, 8 and 2, their mean",
            "test",
            Accounting.STANDARD,
            ofNamedDigits(floors::test),
            run -> ofNamedDigits(run.test()::rl)));
    for (int digit : NAMED_DIGITS) {
      measures.add(
          measure(
              "RL of " + digit,
              "test",
              Accounting.STANDARD,
              floors.test(digit),
              run -> run.test().rl(digit)));
    }
    return claim(
        sentence,
        measures,
        LOWER,
        "The study judges by one image of each digit; here it is all test images of the digit.");
  }

  private static double ofNamedDigits(ToDoubleFunction<Integer> figure) {
    return NAMED_DIGITS.stream().mapToDouble(figure).average().orElseThrow();
  }

  /** Within 2 % over the tail, a tenth of the run, 1,000 steps at most. */
  Claim held() {
    String sentence = "The KL divergence is held at " + Numbers.plain(Study.setPoint());
    if (control.isEmpty()) {
      return nothing(sentence);
    }
    long tail = control.values().stream().mapToLong(run -> run.held().tailSteps()).max().orElse(0);
    String over = String.format(Locale.ROOT, "last %,d steps", tail);
    List<Measure> measures =
        List.of(
            alone("mean KL, " + over, "train", held(held -> Study.setPoint() + held.offset())),
            alone("distance of single steps, root mean square", "train", held(Held::spread)),
            alone("KL", "test", run -> run.test().kl()),
            alone("beta, last 100 steps", "train", run -> run.last().beta()),
            alone(
                "steps until settled within 2 %"
                    + notReached("ControlVAE", control.values(), run -> run.held().settlingStep()),
                "train",
                run -> run.held().settlingStep().orElse(run.steps())),
            alone(
                "overshoot, the largest mean of 100 steps above the set point",
                "train",
                held(held -> held.overshoot().orElse(Double.NaN))),
            alone(
                "share of steps at a limit of beta, %",
                "train", held(held -> 100 * held.atLimits())));
    String note =
        "Holds if the mean over the %s is within 2 %% of the set point with every seed."
            .formatted(over);
    // The tail is a tenth of the run, 1,000 steps at most, but never less than a step: with fewer
    // than ten steps it is more than a tenth, and start-up.
    boolean isBehindStartUp =
        control.values().stream()
            .allMatch(run -> ControlReport.TAIL_OF * run.held().tailSteps() <= run.steps());
    return new Claim(
        sentence,
        learningRate,
        measures,
        isBehindStartUp ? heldVerdict() : Verdict.CANNOT_BE_TOLD,
        control.size(),
        epochs(),
        isBehindStartUp
            ? note
            : note + " These runs are so short that those steps have their own start-up in them.");
  }

  private Verdict heldVerdict() {
    if (control.size() == 1) {
      return Verdict.ONE_SEED;
    }
    double tolerance = ControlReport.SETTLED * Study.setPoint();
    return control.values().stream().allMatch(run -> Math.abs(run.held().offset()) <= tolerance)
        ? Verdict.HOLDS
        : Verdict.DOES_NOT_HOLD;
  }

  private static ToDoubleFunction<RunFigures> held(ToDoubleFunction<Held> figure) {
    return run -> figure.applyAsDouble(run.held());
  }

  /** One rival with a higher ELBO, or a lower loss, refutes it. */
  Claim optimal() {
    String sentence =
        "%s is the optimal KL divergence: it maximises the ELBO and minimises the loss"
            .formatted(Numbers.plain(Study.setPoint()));
    if (control.isEmpty()) {
      return nothing(sentence);
    }
    List<Measure> measures = new ArrayList<>();
    List<Verdict> verdicts = new ArrayList<>();
    against("beta-VAE", beta, measures, verdicts);
    for (int i = 0; i < rivals.size(); i++) {
      against("set point " + Numbers.plain(setPoints.get(i)), rivals.get(i), measures, verdicts);
    }
    return new Claim(
        sentence,
        learningRate,
        measures,
        control.size() == 1 ? Verdict.ONE_SEED : together(verdicts),
        control.size(),
        epochs(),
        "Does not hold if one rival is better in one of the two; holds, among those tried, if none"
            + " is as good. A set point without a finished run leaves open whether it would be"
            + " better. The intervals are not widened for the number of rivals.");
  }

  private void against(
      String name,
      SortedMap<Long, RunFigures> rival,
      List<Measure> measures,
      List<Verdict> verdicts) {
    if (rival.isEmpty()) {
      verdicts.add(Verdict.CANNOT_BE_TOLD);
      return;
    }
    String named =
        rival.size() < control.size()
            ? String.format(Locale.ROOT, "%s (%d of %d seeds)", name, rival.size(), control.size())
            : name;
    Measure elbo =
        measure(
            "ELBO against " + named,
            "test",
            Accounting.STANDARD,
            Double.NaN,
            rival,
            run -> run.test().elbo());
    Measure loss =
        measure(
            "RL against " + named,
            "test",
            Accounting.STANDARD,
            floors.test(),
            rival,
            run -> run.test().rl());
    measures.add(elbo);
    measures.add(loss);
    verdicts.add(verdict(elbo, HIGHER));
    verdicts.add(verdict(loss, LOWER));
  }

  /** All of them have to hold. */
  static Verdict together(List<Verdict> verdicts) {
    if (verdicts.contains(Verdict.DOES_NOT_HOLD)) {
      return Verdict.DOES_NOT_HOLD;
    }
    return verdicts.stream().allMatch(verdict -> verdict == Verdict.HOLDS)
        ? Verdict.HOLDS
        : Verdict.CANNOT_BE_TOLD;
  }

  // ---- what they share -------------------------------------------------------------------------

  private boolean hasNoLabels() {
    return control.values().stream().anyMatch(run -> run.test().separation() == null);
  }

  private Claim claim(String sentence, List<Measure> measures, int claimed, String note) {
    if (control.isEmpty()) {
      return nothing(sentence);
    }
    Measure judged = measures.getFirst();
    return new Claim(
        sentence,
        learningRate,
        measures,
        verdict(judged, claimed),
        control.size(),
        epochs(),
        judged.difference() == null
            ? note + " Not every run has the first figure, so there is nothing to judge by."
            : note);
  }

  private static Verdict verdict(Measure measure, int claimed) {
    return measure.difference() == null
        ? Verdict.CANNOT_BE_TOLD
        : measure.difference().verdict(claimed);
  }

  private Claim nothing(String sentence) {
    return nothing(
        sentence, "There is nothing to compare: no pair of runs was trained to its end.");
  }

  private Claim nothing(String sentence, String why) {
    return new Claim(sentence, learningRate, List.of(), Verdict.CANNOT_BE_TOLD, 0, 0, why);
  }

  private int epochs() {
    return control.values().stream().mapToInt(RunFigures::epochs).max().orElse(0);
  }

  private Measure measure(
      String name,
      String split,
      Accounting accounting,
      double floor,
      ToDoubleFunction<RunFigures> figure) {
    return measure(name, split, accounting, floor, beta, figure);
  }

  /** By the seeds of the other: what is left out has no partner. */
  private Measure measure(
      String name,
      String split,
      Accounting accounting,
      double floor,
      SortedMap<Long, RunFigures> other,
      ToDoubleFunction<RunFigures> figure) {
    SortedMap<Long, RunFigures> partners = new TreeMap<>(control);
    partners.keySet().retainAll(other.keySet());
    List<Double> others = figures(other, figure);
    List<Double> controls = figures(partners, figure);
    boolean areFinite =
        others.stream().allMatch(Double::isFinite) && controls.stream().allMatch(Double::isFinite);
    return new Measure(
        name,
        split,
        accounting,
        mean(other, figure),
        mean(partners, figure),
        floor,
        areFinite && !others.isEmpty() ? PairedDifference.of(controls, others) : null);
  }

  private Measure alone(String name, String split, ToDoubleFunction<RunFigures> figure) {
    return new Measure(
        name, split, Accounting.STANDARD, Double.NaN, mean(control, figure), Double.NaN, null);
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
