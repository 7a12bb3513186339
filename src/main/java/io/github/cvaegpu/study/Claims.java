// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.StudyRun.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Judges the study's sentences by its runs at one learning rate. How a verdict comes about, {@link
 * PairedDifference#verdict} says; each sentence is judged by its first measure.
 */
final class Claims {
  /** Losses that a model is to get below, nats per image. */
  static final List<Integer> THRESHOLDS = List.of(130, 135, 140, 150);

  /** The digits that the study names. */
  private static final List<Integer> NAMED_DIGITS = List.of(3, 8, 2);

  private static final int LOWER = -1;
  private static final int HIGHER = 1;

  private final double learningRate;
  private final List<RunFacts> beta;
  private final List<RunFacts> control;
  private final List<List<RunFacts>> rivals;
  private final double trainFloor;
  private final double testFloor;
  private final IntToDoubleFunction labelFloor;

  /**
   * @param learningRate of all runs
   * @param beta the beta-VAE's finished runs, by seed
   * @param control the ControlVAE's finished runs of the same seeds
   * @param rivals for each other set point its finished runs of the same seeds
   * @param trainFloor entropy of the training images' pixels, nats per image
   * @param testFloor the same of the test images
   * @param labelFloor the same of the test images of a label
   */
  Claims(
      double learningRate,
      List<RunFacts> beta,
      List<RunFacts> control,
      List<List<RunFacts>> rivals,
      double trainFloor,
      double testFloor,
      IntToDoubleFunction labelFloor) {
    this.learningRate = learningRate;
    this.beta = List.copyOf(beta);
    this.control = List.copyOf(control);
    this.rivals = List.copyOf(rivals);
    this.trainFloor = trainFloor;
    this.testFloor = testFloor;
    this.labelFloor = labelFloor;
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
  private Claim faster() {
    String sentence = "The ControlVAE gets to small reconstruction losses faster";
    List<Measure> reached = new ArrayList<>();
    List<Measure> missed = new ArrayList<>();
    for (Accounting accounting : Accounting.values()) {
      for (int threshold : THRESHOLDS) {
        steps(threshold, accounting, reached, missed);
      }
    }
    if (reached.isEmpty() || reached.getFirst().accounting() != Accounting.STANDARD) {
      return nothing(
          sentence,
          pairs() == 0
              ? "There is nothing to compare."
              : String.format(Locale.ROOT, "Not every run gets below %d.", THRESHOLDS.getLast()));
    }
    Measure judged = reached.getFirst();
    reached.addAll(missed);
    return new Claim(
        sentence,
        learningRate,
        reached,
        judged.difference().verdict(LOWER),
        pairs(),
        "Steps until the mean of the next 100 is below a threshold. It is judged by the lowest one"
            + " that every run gets below. A run that never does stands with its number of steps,"
            + " which is less than it would have taken; then there is no difference to give.");
  }

  private void steps(
      int threshold, Accounting accounting, List<Measure> reached, List<Measure> missed) {
    Function<RunFacts, OptionalInt> first =
        facts ->
            RunFacts.firstBelow(
                accounting == Accounting.STANDARD
                    ? facts.series().rl()
                    : RunFacts.studyLoss(facts.series()),
                threshold);
    long without =
        Stream.concat(beta.stream(), control.stream())
            .filter(facts -> first.apply(facts).isEmpty())
            .count();
    if (pairs() == 0 || without == 2L * pairs()) {
      return;
    }
    Measure steps =
        measure(
            "steps to RL < "
                + threshold
                + notReached("beta-VAE", beta, first)
                + notReached("ControlVAE", control, first),
            "train",
            accounting,
            Double.NaN,
            facts -> first.apply(facts).orElse(facts.series().size()));
    if (without == 0) {
      reached.add(steps);
    } else {
      missed.add(
          new Measure(
              steps.name(),
              steps.split(),
              accounting,
              steps.other(),
              steps.control(),
              Double.NaN,
              null));
    }
  }

  /** Says where a number of steps stands for a run that never got there; empty if all did. */
  private static String notReached(
      String model, List<RunFacts> runs, Function<RunFacts, OptionalInt> first) {
    long missed = runs.stream().filter(facts -> first.apply(facts).isEmpty()).count();
    return missed == 0
        ? ""
        : String.format(
            Locale.ROOT, " (not reached by the %s, %d of %d seeds)", model, missed, runs.size());
  }

  private Claim lowerLoss() {
    return claim(
        "The ControlVAE reconstructs better: its reconstruction loss is lower",
        List.of(
            measure(
                "RL",
                "test",
                Accounting.STANDARD,
                testFloor,
                facts -> facts.evaluation().test().reconstructionLoss().mean()),
            measure(
                "RL, last 100 steps", "train", Accounting.STANDARD, trainFloor, RunFacts::lastRl),
            measure(
                "RL, last 100 steps", "train", Accounting.STUDY, trainFloor, RunFacts::studyRl)),
        LOWER,
        "The study's own figure has beta KL in it, which is small for the ControlVAE because beta"
            + " is.");
  }

  private Claim higherElbo() {
    return claim(
        "The ControlVAE gets a higher ELBO",
        List.of(
            measure(
                "ELBO",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                facts -> facts.evaluation().test().elbo().mean()),
            measure(
                String.format(
                    Locale.ROOT,
                    "importance-weighted bound, %d samples",
                    RunEvaluation.TEST_SAMPLES),
                "test",
                Accounting.STANDARD,
                Double.NaN,
                facts -> facts.evaluation().test().importanceWeightedBound().mean()),
            measure(
                "ELBO, last 100 steps",
                "train",
                Accounting.STANDARD,
                Double.NaN,
                RunFacts::lastElbo),
            measure(
                "ELBO, last 100 steps",
                "train",
                Accounting.STUDY,
                Double.NaN,
                RunFacts::studyElbo)),
        HIGHER,
        "The study counts KL 1 + beta times: twice for the beta-VAE, 1.2 times for the"
            + " ControlVAE.");
  }

  private Claim separation() {
    if (hasNoLabels()) {
      return nothing(
          "The ControlVAE segments the latent space better", "The images have no labels.");
    }
    return claim(
        "The ControlVAE segments the latent space better",
        List.of(
            measure(
                "labels told by the 10 nearest neighbours, %",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                facts -> 100 * facts.evaluation().latent().labels().neighbourAccuracy()),
            measure(
                "labels told by a linear probe, %",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                facts -> 100 * facts.evaluation().latent().labels().probeAccuracy()),
            measure(
                "label MIG",
                "test",
                Accounting.STANDARD,
                Double.NaN,
                facts -> facts.evaluation().latent().labels().labelMig())),
        HIGHER,
        "The study calls this disentanglement, which needs more than one known factor to measure.");
  }

  private Claim namedDigits() {
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
            NAMED_DIGITS.stream().mapToDouble(labelFloor::applyAsDouble).average().orElseThrow(),
            facts ->
                NAMED_DIGITS.stream()
                    .mapToDouble(facts.evaluation()::reconstructionLoss)
                    .average()
                    .orElseThrow()));
    for (int digit : NAMED_DIGITS) {
      measures.add(
          measure(
              "RL of " + digit,
              "test",
              Accounting.STANDARD,
              labelFloor.applyAsDouble(digit),
              facts -> facts.evaluation().reconstructionLoss(digit)));
    }
    return claim(
        sentence,
        measures,
        LOWER,
        "The study judges by one image of each digit; here it is all test images of the digit.");
  }

  /** Within 2 % over the last 1,000 steps, which is what settled means. */
  private Claim held() {
    String sentence = "The KL divergence is held at " + Study.plain(Study.setPoint());
    if (control.isEmpty()) {
      return nothing(sentence, "No ControlVAE was trained to its end.");
    }
    double tolerance = ControlReport.SETTLED * Study.setPoint();
    boolean isHeld =
        control.stream()
            .allMatch(
                facts ->
                    Math.abs(facts.files().record().metrics().controller().offset()) <= tolerance);
    List<Measure> measures =
        List.of(
            alone(
                "mean KL, last 1,000 steps",
                "train",
                facts -> Study.setPoint() + facts.files().record().metrics().controller().offset()),
            alone(
                "distance of single steps, root mean square",
                "train",
                facts -> facts.files().record().metrics().controller().spread()),
            alone("KL", "test", facts -> facts.evaluation().test().klDivergence().mean()),
            alone("beta, last 100 steps", "train", RunFacts::lastBeta),
            alone(
                "steps until settled within 2 %"
                    + notReached("ControlVAE", control, Claims::settlingStep),
                "train",
                facts -> settlingStep(facts).orElse(facts.series().size())),
            alone(
                "overshoot, the largest mean of 100 steps above the set point",
                "train",
                facts ->
                    facts.files().record().metrics().controller().overshoot().orElse(Double.NaN)),
            alone(
                "share of steps at a limit of beta, %",
                "train",
                facts -> {
                  ControlReport report = facts.files().record().metrics().controller();
                  return 100 * (report.atMin().fraction() + report.atMax().fraction());
                }));
    return new Claim(
        sentence,
        learningRate,
        measures,
        isHeld ? Verdict.HOLDS : Verdict.DOES_NOT_HOLD,
        control.size(),
        "Holds if the mean over the last 1,000 steps is within 2 % of the set point with every"
            + " seed.");
  }

  private static OptionalInt settlingStep(RunFacts facts) {
    OptionalLong step = facts.files().record().metrics().controller().settlingStep();
    return step.isPresent() ? OptionalInt.of((int) step.getAsLong()) : OptionalInt.empty();
  }

  /** One rival with a higher ELBO, or a lower loss, refutes it. */
  private Claim optimal() {
    String sentence =
        "%s is the optimal KL divergence: it maximises the ELBO and minimises the loss"
            .formatted(Study.plain(Study.setPoint()));
    if (pairs() == 0) {
      return nothing(sentence, "There is nothing to compare with.");
    }
    List<Measure> measures = new ArrayList<>();
    List<Verdict> verdicts = new ArrayList<>();
    List<List<RunFacts>> all = new ArrayList<>();
    all.add(beta);
    all.addAll(rivals);
    for (List<RunFacts> rival : all) {
      if (rival.isEmpty()) {
        verdicts.add(Verdict.CANNOT_BE_TOLD);
        continue;
      }
      StudyRun run = rival.getFirst().run();
      String name =
          run.role() == Role.BETA
              ? "beta-VAE"
              : "set point " + Study.plain(run.plan().controller().setPoint());
      if (rival.size() < control.size()) {
        name += String.format(Locale.ROOT, " (%d of %d seeds)", rival.size(), control.size());
      }
      Measure elbo =
          measure(
              "ELBO against " + name,
              "test",
              Accounting.STANDARD,
              Double.NaN,
              rival,
              facts -> facts.evaluation().test().elbo().mean());
      Measure loss =
          measure(
              "RL against " + name,
              "test",
              Accounting.STANDARD,
              testFloor,
              rival,
              facts -> facts.evaluation().test().reconstructionLoss().mean());
      measures.add(elbo);
      measures.add(loss);
      verdicts.add(elbo.difference().verdict(HIGHER));
      verdicts.add(loss.difference().verdict(LOWER));
    }
    return new Claim(
        sentence,
        learningRate,
        measures,
        together(verdicts),
        pairs(),
        "Does not hold if one rival is better in one of the two; holds, among those tried, if none"
            + " is as good. A set point without a finished run leaves open whether it would be"
            + " better. The intervals are not widened for the number of rivals.");
  }

  /** All of them have to hold. */
  static Verdict together(List<Verdict> verdicts) {
    if (verdicts.contains(Verdict.DOES_NOT_HOLD)) {
      return Verdict.DOES_NOT_HOLD;
    }
    return verdicts.contains(Verdict.CANNOT_BE_TOLD) ? Verdict.CANNOT_BE_TOLD : Verdict.HOLDS;
  }

  // ---- what they share -------------------------------------------------------------------------

  private int pairs() {
    return Math.min(beta.size(), control.size());
  }

  private boolean hasNoLabels() {
    return control.stream().anyMatch(facts -> facts.evaluation().latent().labels() == null);
  }

  private Claim claim(String sentence, List<Measure> measures, int claimed, String note) {
    if (pairs() == 0 || measures.isEmpty()) {
      return nothing(sentence, pairs() == 0 ? "There is nothing to compare." : note);
    }
    return new Claim(
        sentence,
        learningRate,
        measures,
        measures.getFirst().difference().verdict(claimed),
        pairs(),
        note);
  }

  private Claim nothing(String sentence, String why) {
    return new Claim(sentence, learningRate, List.of(), Verdict.CANNOT_BE_TOLD, 0, why);
  }

  private Measure measure(
      String name,
      String split,
      Accounting accounting,
      double floor,
      ToDoubleFunction<RunFacts> figure) {
    return measure(name, split, accounting, floor, beta, figure);
  }

  private Measure measure(
      String name,
      String split,
      Accounting accounting,
      double floor,
      List<RunFacts> other,
      ToDoubleFunction<RunFacts> figure) {
    List<Double> others = figures(other, figure);
    List<Double> controls = figures(ofSeedsOf(other), figure);
    boolean arePairs = !controls.isEmpty() && others.size() == controls.size();
    return new Measure(
        name,
        split,
        accounting,
        mean(others),
        mean(controls),
        floor,
        arePairs ? PairedDifference.of(controls, others) : null);
  }

  /** The ControlVAE's runs of the seeds that others have: what is left out has no partner. */
  private List<RunFacts> ofSeedsOf(List<RunFacts> others) {
    Set<Long> seeds =
        others.stream().map(facts -> facts.run().plan().seed()).collect(Collectors.toSet());
    return control.stream().filter(facts -> seeds.contains(facts.run().plan().seed())).toList();
  }

  private Measure alone(String name, String split, ToDoubleFunction<RunFacts> figure) {
    return new Measure(
        name,
        split,
        Accounting.STANDARD,
        Double.NaN,
        mean(figures(control, figure)),
        Double.NaN,
        null);
  }

  private static List<Double> figures(List<RunFacts> runs, ToDoubleFunction<RunFacts> figure) {
    return runs.stream().mapToDouble(figure).boxed().toList();
  }

  private static double mean(List<Double> figures) {
    return figures.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }
}
