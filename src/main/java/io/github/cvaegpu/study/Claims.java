// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.Claim.Side;
import io.github.cvaegpu.study.RunFigures.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Judges the study's sentences by the figures of its runs at one learning rate. How a verdict comes
 * about, {@link PairedDifference#verdict} says; each sentence is judged by its first measure.
 */
final class Claims {
  private static final RunFigure ELBO = RunFigure.test("ELBO", run -> run.test().elbo());
  private static final RunFigure LIKELIHOOD =
      RunFigure.test("log p(x)", run -> run.test().logLikelihood());
  private static final RunFigure LOSS =
      RunFigure.test("RL", run -> run.test().rl()).above(Floors::test);

  private final PairedRuns runs;
  private final List<Double> setPoints;

  /**
   * @param learningRate whose runs are judged
   * @param runs the finished runs of a study, of any learning rate
   * @param setPoints the other set points that were asked for
   * @param floors under the losses
   */
  Claims(double learningRate, List<RunFigures> runs, List<Double> setPoints, Floors floors) {
    this.runs = new PairedRuns(learningRate, runs, floors);
    this.setPoints = List.copyOf(setPoints);
  }

  /** All of the study's sentences, each beside the others. */
  List<Claim> judge() {
    Claim loss = lowerLoss();
    Claim elbo = higherElbo();
    Claim optimum = optimal();
    List<Claim> claims =
        new ArrayList<>(
            List.of(
                faster(),
                loss,
                elbo,
                higherLikelihood(),
                separation(),
                namedDigits(),
                held(),
                optimum));
    if (!runs.held().isEmpty()) {
      claims.add(betterThanTheOwnRule());
    }
    double[] adjusted = Holm.adjusted(claims.stream().mapToDouble(Claim::p).toArray());
    // Its first two differences are those of two of these sentences: no verdict on one of them is
    // bolder than the other.
    claims.set(
        claims.indexOf(optimum),
        optimal(adjusted[claims.indexOf(elbo)], adjusted[claims.indexOf(loss)]));
    return IntStream.range(0, adjusted.length)
        .mapToObj(i -> claims.get(i).beside(adjusted[i]))
        .toList();
  }

  Claim lowerLoss() {
    return compare(Comparison.LOWER_LOSS);
  }

  Claim higherElbo() {
    return compare(Comparison.HIGHER_ELBO);
  }

  Claim higherLikelihood() {
    return compare(Comparison.HIGHER_LIKELIHOOD);
  }

  /** Not a sentence of the study: its rule against the one that this program has by default. */
  Claim betterThanTheOwnRule() {
    String sentence =
        "The study's rule does better than this program's at the same set point: images are more"
            + " likely under its model";
    SortedMap<Long, RunFigures> held = runs.held();
    List<Measure> measures =
        Stream.of(
                LIKELIHOOD,
                ELBO,
                LOSS,
                RunFigure.steps("steps until settled within 2 %", run -> run.held().settlingStep()),
                RunFigure.train(
                    "overshoot, the largest mean of 100 steps above the set point",
                    held(run -> run.overshoot().orElse(Double.NaN))))
            .map(
                figure -> runs.measure(figure.named(figure.name() + " against hold"), "hold", held))
            .toList();
    return claim(
        sentence, measures, Side.HIGHER, "This sentence is not the study's, which knew one rule.");
  }

  Claim separation() {
    return compare(Comparison.SEPARATION);
  }

  Claim namedDigits() {
    return compare(Comparison.DIGITS);
  }

  private Claim compare(Comparison comparison) {
    if (comparison.needsLabels() && !runs.haveLabels()) {
      return nothing(comparison.sentence(), "The images have no labels.");
    }
    return claim(
        comparison.sentence(),
        comparison.figures().stream().map(runs::measure).toList(),
        comparison.claimed(),
        comparison.note().apply(runs));
  }

  /**
   * By the lowest threshold that every run gets below. Where one does not, its number of steps is
   * only known to be larger than those of the run: the figures are given, but no difference.
   */
  Claim faster() {
    String sentence = "The ControlVAE gets to small reconstruction losses faster";
    List<RunFigure> known =
        Stream.of(Accounting.values())
            .flatMap(
                accounting ->
                    RunFigures.THRESHOLDS.stream().map(below -> stepsTo(below, accounting)))
            .filter(runs::isReachedByAny)
            .toList();
    List<RunFigure> reached = known.stream().filter(runs::isReachedByAll).toList();
    if (runs.size() > 0
        && (reached.isEmpty() || reached.getFirst().accounting() != Accounting.STANDARD)) {
      return nothing(
          sentence,
          String.format(
              Locale.ROOT,
              "Not every run gets its training RL below %d nats, the largest loss that is looked"
                  + " at.",
              RunFigures.THRESHOLDS.getLast()));
    }
    List<RunFigure> missed = known.stream().filter(figure -> !runs.isReachedByAll(figure)).toList();
    return claim(
        sentence,
        Stream.of(reached, missed).flatMap(List::stream).map(runs::measure).toList(),
        Side.LOWER,
        "Steps until the mean of the last 100 is below a threshold. It is judged by the lowest one"
            + " that every run gets below. A run that never does stands with its number of steps,"
            + " which is less than it would have taken; then there is no difference to give.");
  }

  private static RunFigure stepsTo(int threshold, Accounting accounting) {
    return RunFigure.steps(
            "steps to RL < " + threshold, run -> run.firstBelow(accounting, threshold))
        .in(accounting);
  }

  /** Within 2 % over the tail, a tenth of the run, 1,000 steps at most. */
  Claim held() {
    String sentence = "The KL divergence is held at " + Numbers.plain(Study.setPoint());
    if (runs.size() == 0) {
      return nothing(sentence);
    }
    long tail = runs.control().stream().mapToLong(run -> run.held().tailSteps()).max().orElse(0);
    String over = String.format(Locale.ROOT, "last %,d steps", tail);
    List<RunFigure> figures =
        List.of(
            RunFigure.train("mean KL, " + over, held(held -> Study.setPoint() + held.offset())),
            RunFigure.train("distance of single steps, root mean square", held(Held::spread)),
            RunFigure.test("KL", run -> run.test().kl()),
            RunFigure.train("beta, last 100 steps", run -> run.last().beta()),
            RunFigure.steps("steps until settled within 2 %", run -> run.held().settlingStep()),
            RunFigure.train(
                "overshoot, the largest mean of 100 steps above the set point",
                held(held -> held.overshoot().orElse(Double.NaN))),
            RunFigure.train(
                "share of steps at a limit of beta, %", held(held -> 100 * held.atLimits())));
    String note =
        "Holds if the mean over the %s is within 2 %% of the set point with every seed."
            .formatted(over);
    // The tail is a tenth of the run, 1,000 steps at most, but never less than a step: with fewer
    // than ten steps it is more than a tenth, and start-up.
    boolean isBehindStartUp =
        runs.control().stream()
            .allMatch(run -> ControlReport.TAIL_OF * run.held().tailSteps() <= run.steps());
    return told(
        sentence,
        figures.stream().map(runs::alone).toList(),
        isBehindStartUp ? heldVerdict() : Verdict.CANNOT_BE_TOLD,
        isBehindStartUp
            ? note
            : note + " These runs are so short that those steps have their own start-up in them.");
  }

  private Verdict heldVerdict() {
    if (runs.size() == 1) {
      return Verdict.ONE_SEED;
    }
    double tolerance = ControlReport.SETTLED * Study.setPoint();
    return runs.control().stream().allMatch(run -> Math.abs(run.held().offset()) <= tolerance)
        ? Verdict.HOLDS
        : Verdict.DOES_NOT_HOLD;
  }

  private static ToDoubleFunction<RunFigures> held(ToDoubleFunction<Held> figure) {
    return run -> figure.applyAsDouble(run.held());
  }

  /**
   * One rival with a higher ELBO, or a lower loss, refutes it.
   *
   * @param atLeast p values that those of the beta-VAE's ELBO and loss are no less than; or none
   */
  Claim optimal(double... atLeast) {
    String sentence =
        "%s is the optimal KL divergence: it maximises the ELBO and minimises the loss"
            .formatted(Numbers.plain(Study.setPoint()));
    if (runs.size() == 0) {
      return nothing(sentence);
    }
    List<Measure> measures = new ArrayList<>();
    boolean isEachThere = against("beta-VAE", runs.beta(), measures);
    for (double setPoint : setPoints) {
      isEachThere &=
          against("set point " + Numbers.plain(setPoint), runs.rival(setPoint), measures);
    }
    Verdict verdict = together(besideEachOther(measures, atLeast));
    return told(
        sentence,
        measures,
        runs.size() == 1
            ? Verdict.ONE_SEED
            : isEachThere || verdict != Verdict.HOLDS ? verdict : Verdict.CANNOT_BE_TOLD,
        "Does not hold if one rival is better in one of the two; holds, among those tried, if none"
            + " is as good. A set point without a finished run leaves open whether it would be"
            + " better. The ELBOs and losses are taken together by Holm's method, and those of the"
            + " beta-VAE also with the other sentences, two of which are about them. log p(x) is"
            + " shown beside them.");
  }

  /**
   * The verdicts of ELBOs and losses, whose names say which side is the better one; of other
   * measures there are none.
   *
   * @param atLeast p values that those of the first are no less than
   */
  static List<Verdict> besideEachOther(List<Measure> measures, double... atLeast) {
    List<Measure> judged =
        measures.stream()
            .filter(one -> one.name().startsWith("ELBO ") || one.name().startsWith("RL "))
            .toList();
    double[] adjusted = Holm.adjusted(judged.stream().mapToDouble(Measure::p).toArray());
    for (int i = 0; i < Math.min(adjusted.length, atLeast.length); i++) {
      adjusted[i] = Math.max(adjusted[i], atLeast[i]);
    }
    return IntStream.range(0, adjusted.length)
        .mapToObj(
            i ->
                adjusted[i] < Holm.LEVEL
                    ? (judged.get(i).name().startsWith("ELBO") ? Side.HIGHER : Side.LOWER)
                        .verdict(judged.get(i))
                    : Verdict.CANNOT_BE_TOLD)
        .toList();
  }

  /** Compares with a rival; false if there is none. */
  private boolean against(String name, SortedMap<Long, RunFigures> rival, List<Measure> measures) {
    if (rival.isEmpty()) {
      return false;
    }
    String named =
        rival.size() < runs.size()
            ? String.format(Locale.ROOT, "%s (%d of %d seeds)", name, rival.size(), runs.size())
            : name;
    for (RunFigure figure : List.of(ELBO, LOSS, LIKELIHOOD)) {
      measures.add(runs.measure(figure.named(figure.name() + " against " + named), name, rival));
    }
    return true;
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

  private Claim claim(String sentence, List<Measure> measures, Side claimed, String note) {
    if (runs.size() == 0) {
      return nothing(sentence);
    }
    Measure judged = measures.getFirst();
    return told(
        sentence,
        claimed,
        measures,
        claimed.verdict(judged),
        judged.difference() == null
            ? note + " Not every run has the first figure, so there is nothing to judge by."
            : note);
  }

  private Claim told(String sentence, List<Measure> measures, Verdict verdict, String note) {
    return told(sentence, null, measures, verdict, note);
  }

  private Claim told(
      String sentence, Side claimed, List<Measure> measures, Verdict verdict, String note) {
    return new Claim(
        sentence,
        runs.learningRate(),
        claimed,
        measures,
        verdict,
        OptionalDouble.empty(),
        runs.size(),
        runs.epochs(),
        note);
  }

  private Claim nothing(String sentence) {
    return nothing(
        sentence, "There is nothing to compare: no pair of runs was trained to its end.");
  }

  private Claim nothing(String sentence, String why) {
    return new Claim(
        sentence,
        runs.learningRate(),
        null,
        List.of(),
        Verdict.CANNOT_BE_TOLD,
        OptionalDouble.empty(),
        0,
        0,
        why);
  }
}
