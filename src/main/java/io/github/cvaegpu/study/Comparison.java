// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static io.github.cvaegpu.study.RunFigure.test;
import static io.github.cvaegpu.study.RunFigure.train;

import io.github.cvaegpu.study.Claim.Accounting;
import io.github.cvaegpu.study.Claim.Side;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * A sentence of the study that compares the two models by figures that every run has.
 *
 * @param sentence what the study says
 * @param claimed which side of the beta-VAE's figure the ControlVAE's is said to be on
 * @param needsLabels whether the figures are of labels
 * @param figures the first is the one that it is judged by
 * @param note what has to be known beside the numbers
 */
record Comparison(
    String sentence,
    Side claimed,
    boolean needsLabels,
    List<RunFigure> figures,
    Function<PairedRuns, String> note) {

  /** The digits that the study names. */
  static final List<Integer> NAMED_DIGITS = List.of(3, 8, 2);

  static final Comparison LOWER_LOSS =
      new Comparison(
          "The ControlVAE reconstructs better: its reconstruction loss is lower",
          Side.LOWER,
          false,
          List.of(
              test("RL", run -> run.test().rl()).above(Floors::test),
              train("RL, last 100 steps", run -> run.last().rl()).above(Floors::train),
              train("RL, last 100 steps", run -> run.last().studyRl())
                  .above(Floors::train)
                  .in(Accounting.STUDY)),
          runs ->
              String.format(
                  Locale.ROOT,
                  "The study's own figure has beta KL in it: %.2f nats for the beta-VAE and %.2f"
                      + " for the ControlVAE here.",
                  runs.betaMean(run -> run.last().studyRl() - run.last().rl()),
                  runs.controlMean(run -> run.last().studyRl() - run.last().rl())));

  static final Comparison HIGHER_ELBO =
      new Comparison(
          "The ControlVAE gets a higher ELBO",
          Side.HIGHER,
          false,
          List.of(
              test("ELBO", run -> run.test().elbo()),
              test("log p(x)", run -> run.test().logLikelihood()),
              test(
                  String.format(
                      Locale.ROOT,
                      "importance-weighted bound, %d samples",
                      RunEvaluation.TEST_SAMPLES),
                  run -> run.test().bound()),
              train("ELBO, last 100 steps", run -> run.last().elbo()),
              train("ELBO, last 100 steps", run -> run.last().studyElbo()).in(Accounting.STUDY)),
          runs ->
              String.format(
                  Locale.ROOT,
                  "The study counts KL 1 + beta times. With the beta of these runs' last 100 steps"
                      + " that is %.2f times for the beta-VAE and %.2f times for the ControlVAE.",
                  1 + runs.betaMean(run -> run.last().beta()),
                  1 + runs.controlMean(run -> run.last().beta())));

  static final Comparison HIGHER_LIKELIHOOD =
      new Comparison(
          "The ControlVAE does better, as its ELBO indicates: images are more likely under it",
          Side.HIGHER,
          false,
          List.of(
              test("log p(x)", run -> run.test().logLikelihood()),
              test("ELBO", run -> run.test().elbo()),
              test(
                  "log p(x) - ELBO, of the best normal posterior",
                  run -> run.test().approximationGap()),
              test(
                  "log p(x) - ELBO, of the encoder beside that",
                  run -> run.test().amortisationGap()),
              test("I(x; z), part of KL", run -> run.test().latent().mutualInformation()),
              test("KL(q(z) || p(z)), the rest of it", run -> run.test().latent().klToPrior()),
              test(
                  "total correlation, part of that", run -> run.test().latent().totalCorrelation()),
              test("active units", run -> run.test().latent().activeUnits())),
          runs ->
              String.format(
                  Locale.ROOT,
                  "An ELBO indicates it as far as its distance from log p(x) is the same for both:"
                      + " that is %.2f nats for the beta-VAE and %.2f for the ControlVAE here.",
                  runs.betaMean(Comparison::gap),
                  runs.controlMean(Comparison::gap)));

  private static double gap(RunFigures run) {
    return run.test().logLikelihood() - run.test().elbo();
  }

  static final Comparison SEPARATION =
      new Comparison(
          "The ControlVAE segments the latent space better",
          Side.HIGHER,
          true,
          List.of(
              test(
                  "labels told by the 10 nearest neighbours, %",
                  run -> 100 * run.test().separation().neighbours()),
              test(
                  "labels told by a linear probe, %", run -> 100 * run.test().separation().probe()),
              test("label MIG", run -> run.test().separation().labelMig())),
          runs ->
              "The study calls this disentanglement, which needs more than one known factor to"
                  + " measure. Neighbours and probe stay as they are where the latent space is"
                  + " turned; label MIG goes by its axes, and turning alone can move it more than"
                  + " the models differ.");

  static final Comparison DIGITS =
      new Comparison(
          "The ControlVAE reconstructs the digits 3, 8 and 2 better",
          Side.LOWER,
          true,
          Stream.concat(
                  Stream.of(
                      test("RL of 3, 8 and 2, their mean", run -> ofDigits(run.test()::rl))
                          .above(floors -> ofDigits(floors::test))),
                  NAMED_DIGITS.stream()
                      .map(
                          digit ->
                              test("RL of " + digit, run -> run.test().rl(digit))
                                  .above(floors -> floors.test(digit))))
              .toList(),
          runs ->
              "The study judges by one image of each digit; here it is all test images of the"
                  + " digit.");

  private static double ofDigits(ToDoubleFunction<Integer> figure) {
    return NAMED_DIGITS.stream().mapToDouble(figure).average().orElseThrow();
  }
}
