// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Measure;
import io.github.cvaegpu.study.RunFigures.LabelFigure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every sentence of the study, told both ways. */
class ClaimsTest {
  private static final Floors FLOORS =
      new Floors(
          40, 45, List.of(new LabelFigure(2, 50), new LabelFigure(3, 49), new LabelFigure(8, 54)));

  /** t(0.975; 2) / sqrt(3): half the interval's width of the differences d - 1, d and d + 1. */
  private static final double HALF_WIDTH = 4.302652729911275 / Math.sqrt(3);

  /**
   * A sentence that compares the two models by one figure.
   *
   * @param name for the test's report
   * @param claim how it is judged
   * @param claimed 1 if the ControlVAE's figure is claimed to be higher, -1 if lower
   * @param scale the figure's unit in these tests
   * @param figure sets it
   */
  record Sentence(
      String name,
      Function<Claims, Claim> claim,
      int claimed,
      double scale,
      BiConsumer<FiguresOf, Double> figure) {
    @Override
    public String toString() {
      return name;
    }

    /**
     * The claim where the ControlVAE's figure is as much above the beta-VAE's, seed by seed.
     *
     * @param advantages on the side that the sentence claims
     */
    Claim of(double... advantages) {
      return claim.apply(claims(pairs(advantages)));
    }

    /** The same figures with the models' names exchanged. */
    Claim swapped(double... advantages) {
      List<FiguresOf> runs = new ArrayList<>();
      for (int seed = 0; seed < advantages.length; seed++) {
        FiguresOf beta = FiguresOf.beta(seed);
        figure.accept(beta, seed + claimed * scale * advantages[seed]);
        FiguresOf control = FiguresOf.control(seed);
        figure.accept(control, (double) seed);
        runs.addAll(List.of(beta, control));
      }
      return claim.apply(claims(runs));
    }

    List<FiguresOf> pairs(double... advantages) {
      List<FiguresOf> runs = new ArrayList<>();
      for (int seed = 0; seed < advantages.length; seed++) {
        FiguresOf beta = FiguresOf.beta(seed);
        figure.accept(beta, (double) seed);
        FiguresOf control = FiguresOf.control(seed);
        figure.accept(control, seed + claimed * scale * advantages[seed]);
        runs.addAll(List.of(beta, control));
      }
      return runs;
    }
  }

  /** In whole steps. */
  private static final Sentence FASTER =
      new Sentence(
          "faster",
          Claims::faster,
          -1,
          1000,
          (run, value) -> run.below.put(130, OptionalLong.of(10_000 + Math.round(value))));

  private static final List<Sentence> SENTENCES =
      List.of(
          FASTER,
          new Sentence("loss", Claims::lowerLoss, -1, 1, (run, value) -> run.rl = 130 + value),
          new Sentence("elbo", Claims::higherElbo, 1, 1, (run, value) -> run.elbo = value - 140),
          new Sentence(
              "likelihood",
              Claims::higherLikelihood,
              1,
              1,
              (run, value) -> run.logLikelihood = value - 130),
          new Sentence(
              "separation",
              Claims::separation,
              1,
              1,
              (run, value) -> run.neighbours = 0.8 + value / 100),
          new Sentence(
              "digits",
              Claims::namedDigits,
              -1,
              1,
              (run, value) -> {
                // The three move apart; their mean moves by the value.
                run.byLabel.put(3, 150 + value + 7);
                run.byLabel.put(8, 155 + value - 3);
                run.byLabel.put(2, 160 + value - 4);
              }));

  private static List<Sentence> sentences() {
    return SENTENCES;
  }

  private static Claims claims(List<FiguresOf> runs, Double... setPoints) {
    return new Claims(
        FiguresOf.RATE, runs.stream().map(FiguresOf::build).toList(), List.of(setPoints), FLOORS);
  }

  private static Claims claims(FiguresOf... runs) {
    return claims(List.of(runs));
  }

  /** Runs of both models for as many seeds, all alike, with what a test sets. */
  private static List<FiguresOf> seeds(
      int seeds, Consumer<FiguresOf> beta, Consumer<FiguresOf> control) {
    List<FiguresOf> runs = new ArrayList<>();
    for (int seed = 0; seed < seeds; seed++) {
      FiguresOf one = FiguresOf.beta(seed);
      beta.accept(one);
      FiguresOf other = FiguresOf.control(seed);
      control.accept(other);
      runs.addAll(List.of(one, other));
    }
    return runs;
  }

  private static double[] around(double mean) {
    return new double[] {mean - 1, mean, mean + 1};
  }

  private static List<String> names(Claim claim) {
    return claim.measures().stream().map(Measure::name).toList();
  }

  // ---- a difference between the models ---------------------------------------------------------

  @ParameterizedTest
  @MethodSource("sentences")
  void holdsWhereTheWholeIntervalIsOnTheClaimedSide(Sentence sentence) {
    Claim claim = sentence.of(around(HALF_WIDTH + 0.001));
    assertEquals(Verdict.HOLDS, claim.verdict());
    assertEquals(3, claim.seeds());
    assertEquals(50, claim.epochs());
    assertEquals(FiguresOf.RATE, claim.learningRate());
    assertEquals("holds (3 seeds, 50 epochs)", claim.verdictText());
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void doesNotHoldWhereTheWholeIntervalIsOnTheOtherSide(Sentence sentence) {
    assertEquals(Verdict.DOES_NOT_HOLD, sentence.of(around(-HALF_WIDTH - 0.001)).verdict());
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void cannotBeToldWhereTheIntervalReachesOverZero(Sentence sentence) {
    for (double mean : new double[] {HALF_WIDTH - 0.001, 0, -HALF_WIDTH + 0.001}) {
      Claim claim = sentence.of(around(mean));
      assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict(), "mean " + mean);
      assertEquals(3, claim.seeds());
    }
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void exchangingTheModelsTurnsTheVerdict(Sentence sentence) {
    assertEquals(Verdict.HOLDS, sentence.of(2, 2.5, 3).verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, sentence.swapped(2, 2.5, 3).verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, sentence.of(-2, -2.5, -3).verdict());
    assertEquals(Verdict.HOLDS, sentence.swapped(-2, -2.5, -3).verdict());
    assertEquals(Verdict.CANNOT_BE_TOLD, sentence.swapped(1, -1).verdict());
  }

  /** However large it is. */
  @ParameterizedTest
  @MethodSource("sentences")
  void oneSeedHasADifferenceAndNoVerdict(Sentence sentence) {
    for (double advantage : new double[] {3, -3}) {
      Claim claim = sentence.of(advantage);
      assertEquals(Verdict.ONE_SEED, claim.verdict());
      assertEquals(1, claim.seeds());
      double difference = sentence.claimed * sentence.scale * advantage;
      assertEquals(difference, claim.measures().getFirst().difference().mean(), 1e-9);
      assertEquals(
          String.format(
              Locale.ROOT,
              sentence.equals(FASTER)
                  ? "one seed: %s%,.0f (50 epochs)"
                  : "one seed: %s%.2f (50 epochs)",
              difference > 0 ? "+" : "",
              difference),
          claim.verdictText());
    }
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void twoSeedsAreEnoughForAVerdict(Sentence sentence) {
    assertEquals(Verdict.HOLDS, sentence.of(2, 2.1).verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, sentence.of(-2, -2.1).verdict());
    // t(0.975; 1) is 12.7: the interval of 1 and 2 is 1.5 ± 6.4.
    assertEquals(Verdict.CANNOT_BE_TOLD, sentence.of(1, 2).verdict());
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void withoutAPairThereIsNothingToCompare(Sentence sentence) {
    for (List<FiguresOf> runs :
        List.of(
            List.<FiguresOf>of(),
            List.of(FiguresOf.beta(0), FiguresOf.beta(1)),
            List.of(FiguresOf.control(0)),
            List.of(FiguresOf.beta(0), FiguresOf.control(1)))) {
      Claim claim = sentence.claim.apply(claims(runs));
      assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
      assertEquals("cannot be told", claim.verdictText());
      assertEquals(0, claim.seeds());
      assertEquals(0, claim.epochs());
      assertEquals(List.of(), claim.measures());
      assertEquals(
          "There is nothing to compare: no pair of runs was trained to its end.", claim.note());
    }
  }

  /** One of four seeds diverged: its partner is left out, the other three are judged. */
  @ParameterizedTest
  @MethodSource("sentences")
  void aRunWithoutItsPartnerIsLeftOut(Sentence sentence) {
    List<FiguresOf> runs = new ArrayList<>(sentence.pairs(2, 2.5, 3, -100));
    FiguresOf lonely = runs.removeLast();
    assertEquals(3, lonely.build().seed());
    Claim claim = sentence.claim.apply(claims(runs));
    assertEquals(Verdict.HOLDS, claim.verdict());
    assertEquals(3, claim.seeds());
    assertEquals(sentence.of(2, 2.5, 3).measures().getFirst(), claim.measures().getFirst());
    runs = new ArrayList<>(sentence.pairs(2, 2.5, 3, -100));
    runs.remove(runs.size() - 2);
    assertEquals(
        sentence.of(2, 2.5, 3).measures().getFirst(),
        sentence.claim.apply(claims(runs)).measures().getFirst());
  }

  /** Seed 0 has seed 0 for its partner, wherever it stands. */
  @ParameterizedTest
  @MethodSource("sentences")
  void pairsAreMadeBySeedAndNotByPlace(Sentence sentence) {
    List<FiguresOf> runs = new ArrayList<>(sentence.pairs(2, 2.001, 2.002));
    Claim inOrder = sentence.claim.apply(claims(runs));
    Collections.rotate(runs, 3);
    Collections.swap(runs, 0, 3);
    assertEquals(inOrder, sentence.claim.apply(claims(runs)));
    assertTrue(
        inOrder.measures().getFirst().difference().halfWidth().orElseThrow() < sentence.scale);
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void runsOfAnotherLearningRateAreNotLookedAt(Sentence sentence) {
    List<FiguresOf> runs = new ArrayList<>(sentence.pairs(2, 2.5, 3));
    List<FiguresOf> others = sentence.pairs(-20, -25, -30);
    others.forEach(run -> run.rate = 0.0001);
    runs.addAll(0, others);
    runs.addAll(others);
    assertEquals(sentence.of(2, 2.5, 3), sentence.claim.apply(claims(runs)));
  }

  private static Stream<Sentence> withAFigureThatCanBeMissing() {
    return SENTENCES.stream().filter(sentence -> !sentence.equals(FASTER));
  }

  @ParameterizedTest
  @MethodSource("withAFigureThatCanBeMissing")
  void aFigureThatOneRunLacksLeavesNothingToJudgeBy(Sentence sentence) {
    for (double missing : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      for (int without = 0; without < 2; without++) {
        List<FiguresOf> runs = sentence.pairs(2, 2.5, 3);
        sentence.figure.accept(runs.get(2 + without), missing);
        Claim claim = sentence.claim.apply(claims(runs));
        assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
        assertNull(claim.measures().getFirst().difference());
        assertTrue(
            claim
                .note()
                .endsWith(" Not every run has the first figure, so there is nothing to judge by."),
            claim.note());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sentences")
  void theNoteSaysNothingOfMissingFiguresWhereThereAreNone(Sentence sentence) {
    assertTrue(!sentence.of(2, 3).note().contains("Not every run"), sentence.of(2, 3).note());
  }

  // ---- what is shown beside it -----------------------------------------------------------------

  private static void assertMeasure(
      Measure measure,
      String name,
      String split,
      Accounting accounting,
      double other,
      double control,
      double floor) {
    assertEquals(name, measure.name());
    assertEquals(split, measure.split());
    assertEquals(accounting, measure.accounting());
    assertEquals(other, measure.other(), 1e-9, name);
    assertEquals(control, measure.control(), 1e-9, name);
    assertEquals(floor, measure.floor(), 1e-9, name);
    if (measure.difference() != null) {
      assertEquals(control - other, measure.difference().mean(), 1e-9, name);
    }
  }

  /** Two seeds, so that a mean over seeds is seen to be one. */
  private static List<FiguresOf> twoSeeds() {
    List<FiguresOf> runs =
        seeds(
            2,
            beta -> {
              beta.rl = 131;
              beta.elbo = -138;
              beta.bound = -134;
              beta.lastRl = 126;
              beta.lastKl = 7;
              beta.lastBeta = 1;
              beta.lastStudyRl = 133;
              beta.neighbours = 0.83;
              beta.probe = 0.62;
              beta.mig = 0.14;
              beta.byLabel.put(3, 149.0);
            },
            control -> {
              control.rl = 132;
              control.elbo = -142;
              control.bound = -139;
              control.logLikelihood = -128;
              control.approximationGap = 3;
              control.amortisationGap = 11;
              control.lastRl = 122;
              control.lastKl = 10;
              control.lastBeta = 0.2;
              control.lastStudyRl = 124;
            });
    runs.get(0).rl = 133; // Seed 0 of the beta-VAE: the mean is 132.
    runs.get(1).lastBeta = 0.3; // Seed 0 of the ControlVAE: the mean is 0.25.
    return runs;
  }

  @Test
  void theLossStandsInBothAccountingsAboveItsFloor() {
    Claim claim = claims(twoSeeds()).lowerLoss();
    assertEquals(
        "The ControlVAE reconstructs better: its reconstruction loss is lower", claim.sentence());
    assertEquals(3, claim.measures().size());
    assertMeasure(claim.measures().get(0), "RL", "test", Accounting.STANDARD, 132, 132, 45);
    assertMeasure(
        claim.measures().get(1), "RL, last 100 steps", "train", Accounting.STANDARD, 126, 122, 40);
    assertMeasure(
        claim.measures().get(2), "RL, last 100 steps", "train", Accounting.STUDY, 133, 124, 40);
    assertEquals(
        "The study's own figure has beta KL in it: 7.00 nats for the beta-VAE and 2.00 for the"
            + " ControlVAE here.",
        claim.note());
  }

  /** How often the study counts KL is these runs' own beta. */
  @Test
  void theElboStandsInBothAccountings() {
    Claim claim = claims(twoSeeds()).higherElbo();
    assertEquals("The ControlVAE gets a higher ELBO", claim.sentence());
    assertEquals(5, claim.measures().size());
    Accounting standard = Accounting.STANDARD;
    double none = Double.NaN;
    assertMeasure(claim.measures().get(0), "ELBO", "test", standard, -138, -142, none);
    assertMeasure(claim.measures().get(1), "log p(x)", "test", standard, -130, -128, none);
    assertMeasure(
        claim.measures().get(2),
        "importance-weighted bound, 100 samples",
        "test",
        standard,
        -134,
        -139,
        none);
    assertMeasure(
        claim.measures().get(3), "ELBO, last 100 steps", "train", standard, -133, -132, none);
    assertMeasure(
        claim.measures().get(4),
        "ELBO, last 100 steps",
        "train",
        Accounting.STUDY,
        -140,
        -134,
        none);
    assertEquals(
        "The study counts KL 1 + beta times. With the beta of these runs' last 100 steps that is"
            + " 2.00 times for the beta-VAE and 1.25 times for the ControlVAE.",
        claim.note());
  }

  /** The other way round than the ELBO, as the encoder's gap is wider. */
  @Test
  void theLikelihoodStandsBesideTheElboAndItsGap() {
    Claim claim = claims(twoSeeds()).higherLikelihood();
    assertEquals(
        "The ControlVAE does better, as its ELBO indicates: images are more likely under it",
        claim.sentence());
    assertEquals(8, claim.measures().size());
    Accounting standard = Accounting.STANDARD;
    double none = Double.NaN;
    assertMeasure(claim.measures().get(0), "log p(x)", "test", standard, -130, -128, none);
    assertMeasure(claim.measures().get(1), "ELBO", "test", standard, -138, -142, none);
    assertMeasure(
        claim.measures().get(2),
        "log p(x) - ELBO, of the best normal posterior",
        "test",
        standard,
        2,
        3,
        none);
    assertMeasure(
        claim.measures().get(3),
        "log p(x) - ELBO, of the encoder beside that",
        "test",
        standard,
        7,
        11,
        none);
    assertEquals(
        List.of(
            "I(x; z), part of KL",
            "KL(q(z) || p(z)), the rest of it",
            "total correlation, part of that",
            "active units"),
        claim.measures().stream().skip(4).map(Measure::name).toList());
    assertEquals(2, claim.measures().getLast().control());
    assertEquals(
        "An ELBO indicates it as far as its distance from log p(x) is the same for both: that is"
            + " 8.00 nats for the beta-VAE and 14.00 for the ControlVAE here.",
        claim.note());
  }

  @Test
  void theOwnRuleIsComparedWhereItWasTried() {
    List<FiguresOf> runs = twoSeeds();
    assertTrue(names(claims(runs).judge().getLast()).stream().noneMatch(n -> n.contains("hold")));
    for (int seed = 0; seed < 2; seed++) {
      FiguresOf held = FiguresOf.held(seed);
      held.logLikelihood = -127 + 0.01 * seed;
      held.settlingStep = OptionalLong.of(437);
      runs.add(held);
    }
    Claim claim = claims(runs).judge().getLast();
    assertEquals(
        List.of(
            "log p(x) against hold",
            "ELBO against hold",
            "RL against hold",
            "steps until settled within 2 % against hold",
            "overshoot, the largest mean of 100 steps above the set point against hold"),
        names(claim));
    assertEquals(-128 + 127 - 0.005, claim.measures().getFirst().difference().mean(), 1e-9);
    assertEquals(4000 - 437, claim.measures().get(3).difference().mean(), 1e-9);
    assertEquals(Verdict.DOES_NOT_HOLD, claim.verdict());
  }

  /**
   * By itself it holds with p = 0.04; beside the others it takes one of them that cannot be told to
   * leave it open, as 2 x 0.04 is more than 0.05.
   */
  @Test
  void sentencesAreJudgedBesideEachOther() {
    List<FiguresOf> runs = seeds(3, beta -> {}, control -> {});
    double[] of = {-1, 0, 1};
    double t = 4.85; // P(|T| > 4.85) = 0.04 with 2 degrees of freedom.
    for (int i = 0; i < runs.size(); i++) {
      FiguresOf run = runs.get(i);
      int seed = i / 2;
      boolean isControl = i % 2 == 1;
      run.elbo = -140 + (isControl ? of[seed] + t / Math.sqrt(3) : 0);
      run.logLikelihood = -130 + (isControl ? of[seed] : 0);
      run.rl = 130;
    }
    Claims claims = claims(runs);
    assertEquals(Verdict.HOLDS, claims.higherElbo().verdict());
    assertEquals(0.04, claims.higherElbo().p(), 1e-3);
    Claim beside =
        claims.judge().stream()
            .filter(claim -> claim.sentence().equals(claims.higherElbo().sentence()))
            .findFirst()
            .orElseThrow();
    assertEquals(Verdict.CANNOT_BE_TOLD, beside.verdict());
    assertTrue(beside.adjustedP().orElseThrow() >= 2 * 0.039);
    assertTrue(
        ClaimsDocument.note(beside).matches(".* p = 0\\.040, and \\S+ after Holm's correction\\."),
        ClaimsDocument.note(beside));
  }

  /** The study's accounting turns both sentences round, and is not what they are judged by. */
  @Test
  void theStudysAccountingIsShownAndDoesNotJudge() {
    List<FiguresOf> runs =
        seeds(
            3,
            beta -> {
              beta.lastRl = 200;
              beta.lastStudyRl = 300;
            },
            control -> {
              control.rl = 131;
              control.elbo = -141;
            });
    assertEquals(Verdict.DOES_NOT_HOLD, claims(runs).lowerLoss().verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, claims(runs).higherElbo().verdict());
    Measure loss = claims(runs).lowerLoss().measures().getLast();
    assertEquals(Accounting.STUDY, loss.accounting());
    assertEquals(Verdict.HOLDS, loss.difference().verdict(-1));
    Measure elbo = claims(runs).higherElbo().measures().getLast();
    assertEquals(Accounting.STUDY, elbo.accounting());
    assertEquals(Verdict.HOLDS, elbo.difference().verdict(1));
  }

  @Test
  void separationIsInPercent() {
    Claim claim = claims(twoSeeds()).separation();
    assertEquals("The ControlVAE segments the latent space better", claim.sentence());
    assertEquals(3, claim.measures().size());
    Accounting standard = Accounting.STANDARD;
    double none = Double.NaN;
    assertMeasure(
        claim.measures().get(0),
        "labels told by the 10 nearest neighbours, %",
        "test",
        standard,
        83,
        80,
        none);
    assertMeasure(
        claim.measures().get(1),
        "labels told by a linear probe, %",
        "test",
        standard,
        62,
        60,
        none);
    assertMeasure(claim.measures().get(2), "label MIG", "test", standard, 0.14, 0.1, none);
  }

  @Test
  void theNamedDigitsStandAboveTheirOwnFloors() {
    Claim claim = claims(twoSeeds()).namedDigits();
    assertEquals("The ControlVAE reconstructs the digits 3, 8 and 2 better", claim.sentence());
    assertEquals(4, claim.measures().size());
    Accounting standard = Accounting.STANDARD;
    assertMeasure(
        claim.measures().get(0),
        "RL of 3, 8 and 2, their mean",
        "test",
        standard,
        (149 + 155 + 160) / 3.0,
        155,
        51);
    assertMeasure(claim.measures().get(1), "RL of 3", "test", standard, 149, 150, 49);
    assertMeasure(claim.measures().get(2), "RL of 8", "test", standard, 155, 155, 54);
    assertMeasure(claim.measures().get(3), "RL of 2", "test", standard, 160, 160, 50);
  }

  @Test
  void aDigitThatNoImageShowsLeavesNothingToJudgeBy() {
    List<FiguresOf> runs =
        seeds(3, beta -> beta.byLabel.remove(8), control -> control.byLabel.remove(8));
    Claim claim = claims(runs).namedDigits();
    assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
    assertTrue(Double.isNaN(claim.measures().getFirst().control()));
    assertEquals(0, claim.measures().get(1).difference().mean());
  }

  @Test
  void whatTheStudysWordsMeanIsSaid() {
    assertEquals(
        "The study calls this disentanglement, which needs more than one known factor to measure."
            + " Neighbours and probe stay as they are where the latent space is turned; label MIG"
            + " goes by its axes, and turning alone can move it more than the models differ.",
        claims(twoSeeds()).separation().note());
    assertEquals(
        "The study judges by one image of each digit; here it is all test images of the digit.",
        claims(twoSeeds()).namedDigits().note());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void withoutLabelsWhatNeedsThemCannotBeTold(int labelled) {
    List<FiguresOf> runs = seeds(2, beta -> {}, control -> {});
    for (int run = labelled == 1 ? 3 : 0; run < runs.size(); run++) {
      runs.get(run).hasLabels = false;
    }
    for (Claim claim : List.of(claims(runs).separation(), claims(runs).namedDigits())) {
      assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
      assertEquals("The images have no labels.", claim.note());
      assertEquals(List.of(), claim.measures());
      assertEquals(0, claim.seeds());
    }
    assertEquals(2, claims(runs).lowerLoss().seeds());
  }

  // ---- how fast --------------------------------------------------------------------------------

  @Test
  void speedStandsForEveryThresholdInBothAccountings() {
    Claim claim =
        claims(
                seeds(
                    2,
                    beta -> beta.below.put(150, OptionalLong.of(6000)),
                    control -> control.studyBelow.put(130, OptionalLong.of(8000))))
            .faster();
    assertEquals("The ControlVAE gets to small reconstruction losses faster", claim.sentence());
    List<String> expected =
        List.of(
            "steps to RL < 130",
            "steps to RL < 135",
            "steps to RL < 140",
            "steps to RL < 150",
            "steps to RL < 130",
            "steps to RL < 135",
            "steps to RL < 140",
            "steps to RL < 150");
    assertEquals(expected, names(claim));
    assertMeasure(
        claim.measures().get(0),
        "steps to RL < 130",
        "train",
        Accounting.STANDARD,
        7000,
        7000,
        Double.NaN);
    assertMeasure(
        claim.measures().get(3),
        "steps to RL < 150",
        "train",
        Accounting.STANDARD,
        6000,
        5000,
        Double.NaN);
    assertMeasure(
        claim.measures().get(4),
        "steps to RL < 130",
        "train",
        Accounting.STUDY,
        9000,
        8000,
        Double.NaN);
  }

  /** 130 is reached by all but one run: 135 is what the sentence goes by. */
  @Test
  void speedIsJudgedByTheLowestThresholdThatEveryRunGetsBelow() {
    List<FiguresOf> runs =
        seeds(
            3,
            beta -> {
              beta.below.put(130, OptionalLong.of(100));
              beta.below.put(135, OptionalLong.of(9000));
            },
            control -> {
              control.below.put(130, OptionalLong.of(15_000));
              control.below.put(135, OptionalLong.of(8000));
            });
    assertEquals(Verdict.DOES_NOT_HOLD, claims(runs).faster().verdict());
    runs.get(2).below.put(130, OptionalLong.empty()); // The beta-VAE of seed 1.
    Claim claim = claims(runs).faster();
    assertEquals(Verdict.HOLDS, claim.verdict());
    assertEquals("steps to RL < 135", claim.measures().getFirst().name());
    Measure missed = claim.measures().getLast();
    assertEquals("steps to RL < 130 (not reached by the beta-VAE, 1 of 3 seeds)", missed.name());
    // The run stands with its 20,000 steps, and so there is no difference.
    assertEquals((100 + 20_000 + 100) / 3.0, missed.other(), 1e-9);
    assertEquals(15_000, missed.control());
    assertEquals(Accounting.STANDARD, missed.accounting());
    assertNull(missed.difference());
    assertEquals(8, claim.measures().size());
    runs.get(5).below.put(130, OptionalLong.empty()); // The ControlVAE of seed 2.
    assertEquals(
        "steps to RL < 130 (not reached by the beta-VAE, 1 of 3 seeds) (not reached by the"
            + " ControlVAE, 1 of 3 seeds)",
        claims(runs).faster().measures().getLast().name());
  }

  @Test
  void aThresholdThatNoRunGetsBelowIsNotShown() {
    Consumer<FiguresOf> neverBelow130 =
        run -> {
          run.below.put(130, OptionalLong.empty());
          run.studyBelow.put(130, OptionalLong.empty());
        };
    Claim claim = claims(seeds(2, neverBelow130, neverBelow130)).faster();
    assertEquals(6, claim.measures().size());
    assertEquals("steps to RL < 135", claim.measures().getFirst().name());
    assertTrue(claim.measures().stream().allMatch(measure -> measure.difference() != null));
  }

  /** The study's own loss is never below the standard one; the sentence is not judged by it. */
  @Test
  void speedIsNotJudgedWhereNotEveryRunGetsBelowTheHighestThreshold() {
    List<FiguresOf> runs = seeds(3, beta -> {}, control -> {});
    for (int threshold : RunFigures.THRESHOLDS) {
      runs.get(1).below.put(threshold, OptionalLong.empty());
    }
    for (boolean isStudyMissing : new boolean[] {false, true}) {
      if (isStudyMissing) {
        runs.get(1).studyBelow.replaceAll((threshold, step) -> OptionalLong.empty());
      }
      Claim claim = claims(runs).faster();
      assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
      assertEquals(
          "Not every run gets its training RL below 150 nats, the largest loss that is looked at.",
          claim.note());
      assertEquals(List.of(), claim.measures());
    }
  }

  // ---- the KL divergence is held ---------------------------------------------------------------

  private static Claim held(long tail, long steps, double... offsets) {
    List<FiguresOf> runs = new ArrayList<>();
    for (int seed = 0; seed < offsets.length; seed++) {
      FiguresOf control = FiguresOf.control(seed);
      control.offset = offsets[seed];
      control.tailSteps = tail;
      control.steps = steps;
      runs.addAll(List.of(FiguresOf.beta(seed), control));
    }
    return claims(runs).held();
  }

  @Test
  void isHeldWithinTwoPercentWithEverySeed() {
    double edge = 0.02 * 9.97;
    double outside = Math.nextUp(edge);
    assertEquals(Verdict.HOLDS, held(1000, 20_000, edge, -edge).verdict());
    assertEquals(Verdict.HOLDS, held(1000, 20_000, 0, 0).verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, held(1000, 20_000, outside, 0).verdict());
    assertEquals(Verdict.DOES_NOT_HOLD, held(1000, 20_000, 0, -outside).verdict());
    // Two that are off to two sides are not held by their mean.
    assertEquals(Verdict.DOES_NOT_HOLD, held(1000, 20_000, 1, -1).verdict());
    assertEquals("holds (2 seeds, 50 epochs)", held(1000, 20_000, 0, 0).verdictText());
  }

  @Test
  void oneSeedThatHoldsItIsNoVerdict() {
    Claim claim = held(1000, 20_000, 0.02);
    assertEquals(Verdict.ONE_SEED, claim.verdict());
    assertEquals("one seed: 9.99 (50 epochs)", claim.verdictText());
    assertEquals(Verdict.ONE_SEED, held(1000, 20_000, 5).verdict());
  }

  /** The last steps of a short run are its start-up: a tenth of it is the most to judge by. */
  @Test
  void aRunIsNotJudgedByItsStartUp() {
    assertEquals(Verdict.HOLDS, held(1000, 10_000, 0, 0).verdict());
    assertEquals(Verdict.HOLDS, held(93, 938, 0, 0).verdict());
    for (double offset : new double[] {0, 5}) {
      Claim claim = held(1000, 9999, offset, offset);
      assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
      assertEquals("cannot be told (2 seeds, 50 epochs)", claim.verdictText());
      assertEquals(
          "Holds if the mean over the last 1,000 steps is within 2 % of the set point with every"
              + " seed. These runs are so short that those steps have their own start-up in them.",
          claim.note());
    }
    assertEquals(Verdict.CANNOT_BE_TOLD, held(938, 938, 0).verdict());
    // The shortest tail is one step.
    assertEquals(Verdict.HOLDS, held(1, 10, 0, 0).verdict());
    assertEquals(Verdict.CANNOT_BE_TOLD, held(1, 9, 0, 0).verdict());
    assertEquals(
        "Holds if the mean over the last 1,000 steps is within 2 % of the set point with every"
            + " seed.",
        held(1000, 10_000, 0, 0).note());
  }

  @Test
  void holdingHasFiguresOfTheControlVaeAlone() {
    List<FiguresOf> runs = seeds(2, beta -> {}, control -> {});
    runs.get(1).offset = 0.03;
    runs.get(3).settlingStep = OptionalLong.empty();
    Claim claim = claims(runs).held();
    assertEquals("The KL divergence is held at 9.97", claim.sentence());
    assertEquals(7, claim.measures().size());
    Object[][] expected = {
      {"mean KL, last 1,000 steps", "train", 9.99},
      {"distance of single steps, root mean square", "train", 0.2},
      {"KL", "test", 9.0},
      {"beta, last 100 steps", "train", 0.25},
      {
        "steps until settled within 2 % (not reached by the ControlVAE, 1 of 2 seeds)",
        "train",
        12_000.0
      },
      {"overshoot, the largest mean of 100 steps above the set point", "train", 6.0},
      {"share of steps at a limit of beta, %", "train", 0.2}
    };
    for (int i = 0; i < expected.length; i++) {
      Measure measure = claim.measures().get(i);
      assertMeasure(
          measure,
          (String) expected[i][0],
          (String) expected[i][1],
          Accounting.STANDARD,
          Double.NaN,
          (double) expected[i][2],
          Double.NaN);
      assertNull(measure.difference());
    }
  }

  @Test
  void nothingIsHeldWhereNoPairIsFinished() {
    Claim claim = claims(FiguresOf.beta(0)).held();
    assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
    assertEquals(0, claim.seeds());
    assertEquals(List.of(), claim.measures());
  }

  // ---- the best set point ----------------------------------------------------------------------

  /** Three seeds of both models and of a rival at a set point of 8. */
  private static List<FiguresOf> withRival(
      Consumer<FiguresOf> beta, Consumer<FiguresOf> control, Consumer<FiguresOf> rival) {
    List<FiguresOf> runs = seeds(3, beta, control);
    for (int seed = 0; seed < 3; seed++) {
      FiguresOf run = FiguresOf.rival(seed, 8);
      rival.accept(run);
      runs.add(run);
    }
    return runs;
  }

  private static void figures(FiguresOf run, double elbo, double rl) {
    run.elbo = elbo;
    run.rl = rl;
  }

  private static Verdict optimal(
      Consumer<FiguresOf> beta, Consumer<FiguresOf> control, Consumer<FiguresOf> rival) {
    return claims(withRival(beta, control, rival), 8.0).optimal().verdict();
  }

  @Test
  void isOptimalIfNoRivalIsAsGoodInEither() {
    Consumer<FiguresOf> worse = run -> figures(run, -140, 131);
    Consumer<FiguresOf> best = run -> figures(run, -139, 130);
    assertEquals(Verdict.HOLDS, optimal(worse, best, worse));
    // Each of the four comparisons alone refutes it, or leaves it open.
    Consumer<FiguresOf> higherElbo = run -> figures(run, -138, 131);
    Consumer<FiguresOf> sameElbo = run -> figures(run, -139, 131);
    Consumer<FiguresOf> lowerLoss = run -> figures(run, -140, 129);
    Consumer<FiguresOf> sameLoss = run -> figures(run, -140, 130);
    for (Consumer<FiguresOf> better : List.of(higherElbo, lowerLoss)) {
      assertEquals(Verdict.DOES_NOT_HOLD, optimal(better, best, worse));
      assertEquals(Verdict.DOES_NOT_HOLD, optimal(worse, best, better));
    }
    for (Consumer<FiguresOf> asGood : List.of(sameElbo, sameLoss)) {
      assertEquals(Verdict.CANNOT_BE_TOLD, optimal(asGood, best, worse));
      assertEquals(Verdict.CANNOT_BE_TOLD, optimal(worse, best, asGood));
    }
    assertEquals(Verdict.DOES_NOT_HOLD, optimal(sameElbo, best, higherElbo));
    // Exchanged: what was worse is refuted by what was best.
    assertEquals(Verdict.DOES_NOT_HOLD, optimal(best, worse, best));
  }

  /** Differences d - 1, d and d + 1 against the rival alone, as at the edge above. */
  @Test
  void theEdgeOfARivalsIntervalIsStudents() {
    for (double distance : new double[] {0.001, -0.001}) {
      List<FiguresOf> better =
          withRival(
              beta -> figures(beta, -200, 200),
              control -> figures(control, -139, 130),
              rival -> {});
      List<FiguresOf> worse =
          withRival(
              beta -> figures(beta, -200, 200),
              control -> figures(control, -139, 130),
              rival -> {});
      for (int seed = 0; seed < 3; seed++) {
        double difference = HALF_WIDTH + distance + seed - 1;
        figures(better.get(6 + seed), -139 + difference, 200);
        figures(worse.get(6 + seed), -139 - difference, 200);
      }
      assertEquals(
          distance > 0 ? Verdict.DOES_NOT_HOLD : Verdict.CANNOT_BE_TOLD,
          claims(better, 8.0).optimal().verdict());
      assertEquals(
          distance > 0 ? Verdict.HOLDS : Verdict.CANNOT_BE_TOLD,
          claims(worse, 8.0).optimal().verdict());
    }
  }

  @Test
  void everyRivalHasItsTwoMeasures() {
    Claim claim =
        claims(
                withRival(
                    beta -> figures(beta, -140, 131),
                    control -> figures(control, -139, 130),
                    rival -> figures(rival, -141, 129)),
                8.0)
            .optimal();
    assertEquals(
        "9.97 is the optimal KL divergence: it maximises the ELBO and minimises the loss",
        claim.sentence());
    assertEquals(6, claim.measures().size());
    Accounting standard = Accounting.STANDARD;
    double none = Double.NaN;
    assertMeasure(
        claim.measures().get(0), "ELBO against beta-VAE", "test", standard, -140, -139, none);
    assertMeasure(claim.measures().get(1), "RL against beta-VAE", "test", standard, 131, 130, 45);
    assertEquals("log p(x) against beta-VAE", claim.measures().get(2).name());
    assertMeasure(
        claim.measures().get(3), "ELBO against set point 8", "test", standard, -141, -139, none);
    assertMeasure(
        claim.measures().get(4), "RL against set point 8", "test", standard, 129, 130, 45);
    assertEquals("log p(x) against set point 8", claim.measures().get(5).name());
    assertEquals(3, claim.seeds());
    assertEquals(50, claim.epochs());
    assertEquals("does not hold (3 seeds, 50 epochs)", claim.verdictText());
  }

  @Test
  void aRivalIsComparedOnTheSeedsThatItHas() {
    List<FiguresOf> runs =
        withRival(
            beta -> figures(beta, -140, 131),
            control -> figures(control, -139, 130),
            rival -> figures(rival, -140, 131));
    runs.get(1).rl = 100; // The ControlVAE of seed 0, which is to have no rival.
    runs.remove(6);
    Claim claim = claims(runs, 8.0).optimal();
    Measure loss = claim.measures().get(4);
    assertEquals("RL against set point 8 (2 of 3 seeds)", loss.name());
    assertEquals(130, loss.control());
    assertEquals(2, loss.difference().pairs());
    // One seed of a rival leaves it open, however much worse it is.
    runs.get(1).rl = 130;
    assertEquals(Verdict.HOLDS, claims(runs, 8.0).optimal().verdict());
    runs.remove(6);
    assertEquals(Verdict.CANNOT_BE_TOLD, claims(runs, 8.0).optimal().verdict());
    // And a rival without a run does, too.
    runs.remove(6);
    claim = claims(runs, 8.0).optimal();
    assertEquals(Verdict.CANNOT_BE_TOLD, claim.verdict());
    assertEquals(3, claim.measures().size());
    assertEquals(Verdict.HOLDS, claims(runs).optimal().verdict());
  }

  /** A difference that is one by itself, and none beside the other sentences, is none here too. */
  @Test
  void theOptimumIsJudgedNoBolderThanTheSentencesOfItsDifferences() {
    List<FiguresOf> runs = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      FiguresOf beta = FiguresOf.beta(seed);
      figures(beta, -138, 131);
      FiguresOf control = FiguresOf.control(seed);
      // A p value of 0.017, and 0.034 beside the loss, which is the same.
      figures(control, -139 - 0.25 * seed, 131);
      runs.addAll(List.of(beta, control));
    }
    assertEquals(Verdict.DOES_NOT_HOLD, claims(runs).optimal().verdict());
    List<Claim> judged = claims(runs).judge();
    Claim elbo =
        judged.stream()
            .filter(one -> one.sentence().contains("a higher ELBO"))
            .findFirst()
            .orElseThrow();
    Claim optimal =
        judged.stream().filter(one -> one.sentence().contains("optimal")).findFirst().orElseThrow();
    assertEquals(Verdict.CANNOT_BE_TOLD, elbo.verdict());
    assertEquals(Verdict.CANNOT_BE_TOLD, optimal.verdict());
  }

  /**
   * A rival's run whose seed has no pair, or whose set point was not asked for, is not looked at.
   */
  @Test
  void rivalsOfNoPairAreLeftOut() {
    List<FiguresOf> runs =
        withRival(
            beta -> figures(beta, -140, 131),
            control -> figures(control, -139, 130),
            rival -> figures(rival, -140, 131));
    FiguresOf better = FiguresOf.rival(7, 8);
    figures(better, 0, 0);
    FiguresOf otherPoint = FiguresOf.rival(0, 12);
    figures(otherPoint, 0, 0);
    Claim before = claims(runs, 8.0).optimal();
    runs.addAll(List.of(better, otherPoint));
    assertEquals(before, claims(runs, 8.0).optimal());
    assertEquals(Verdict.HOLDS, before.verdict());
  }

  @Test
  void oneSeedSaysNothingOfTheBestSetPoint() {
    FiguresOf beta = FiguresOf.beta(0);
    beta.elbo = -135.5;
    Claim claim = claims(beta, FiguresOf.control(0)).optimal();
    assertEquals(Verdict.ONE_SEED, claim.verdict());
    assertEquals("one seed: -3.50 (50 epochs)", claim.verdictText());
    Claim nothing = claims(FiguresOf.control(0)).optimal();
    assertEquals(Verdict.CANNOT_BE_TOLD, nothing.verdict());
    assertEquals(0, nothing.seeds());
  }

  @Test
  void aRivalWithoutAFigureLeavesItOpen() {
    assertEquals(
        Verdict.CANNOT_BE_TOLD,
        optimal(
            beta -> figures(beta, -140, 131),
            control -> figures(control, -139, 130),
            rival -> figures(rival, Double.NaN, 131)));
    assertEquals(
        Verdict.DOES_NOT_HOLD,
        optimal(
            beta -> figures(beta, -140, 131),
            control -> figures(control, -139, 130),
            rival -> figures(rival, Double.NaN, 129)));
  }

  @Test
  void allVerdictsHaveToHold() {
    Verdict holds = Verdict.HOLDS;
    Verdict open = Verdict.CANNOT_BE_TOLD;
    Verdict not = Verdict.DOES_NOT_HOLD;
    assertEquals(holds, Claims.together(List.of(holds, holds)));
    assertEquals(open, Claims.together(List.of(holds, open)));
    assertEquals(open, Claims.together(List.of(holds, Verdict.ONE_SEED)));
    assertEquals(not, Claims.together(List.of(open, not)));
    assertEquals(not, Claims.together(List.of(holds, not, holds)));
  }

  // ---- all of them -----------------------------------------------------------------------------

  @Test
  void theStudysSentencesStandInItsOrder() {
    Claims claims = claims(twoSeeds());
    assertEquals(
        Stream.of(
                claims.faster(),
                claims.lowerLoss(),
                claims.higherElbo(),
                claims.higherLikelihood(),
                claims.separation(),
                claims.namedDigits(),
                claims.held(),
                claims.optimal())
            .map(Claim::sentence)
            .toList(),
        claims.judge().stream().map(Claim::sentence).toList());
  }
}
