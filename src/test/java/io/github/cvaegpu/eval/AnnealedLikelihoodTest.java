// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.AnnealedLikelihood.Check;
import io.github.cvaegpu.eval.AnnealedLikelihood.Effort;
import io.github.cvaegpu.eval.AnnealingNoise.Stage;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoders of the program, against their integrals. */
@Execution(ExecutionMode.CONCURRENT)
class AnnealedLikelihoodTest {
  private static final int PIXELS = TinyImages.SIDE * TinyImages.SIDE;
  private static final ImageSet IMAGES = TinyImages.draw(4, 3);

  private static ParameterLayout layout(int latent) {
    return new ParameterLayout(new VaeShape(PIXELS, List.of(13, 7), latent));
  }

  private static float[] parameters(ParameterLayout layout, float factor) {
    float[] parameters = InitialWeights.draw(layout, 5);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= factor;
    }
    return parameters;
  }

  private static double[] integrals(ParameterLayout layout, float[] parameters, ImageSet images) {
    double[] zeros = new double[images.size() * layout.shape().latent()];
    return TestModels.apply(
        layout,
        parameters,
        model -> Quadrature.of(TestModels.likelihood(model, images), zeros, zeros).logLikelihood);
  }

  /** The weights' mean is p(x) itself: with enough chains, no bound but the figure. */
  @ParameterizedTest
  @CsvSource({"1, 3", "1, 5", "2, 2", "2, 3"})
  void itIsTheIntegralOfSmallLatentSpaces(int latent, float factor) {
    ParameterLayout layout = layout(latent);
    float[] parameters = parameters(layout, factor);
    double[] exact = integrals(layout, parameters, IMAGES);
    Objective study = Objective.study();
    var likelihood =
        new PixelGradient(study, layout, parameters, PixelTargets.of(study.targets(), IMAGES));
    var annealing = new Annealing(likelihood, 1, 0, IMAGES.size(), 600);
    double[][] sizes = annealing.tune(Stage.TUNING);
    double[][] weights = annealing.forward(Stage.FORWARD, sizes, 40).logWeights;
    for (int i = 0; i < exact.length; i++) {
      LogMean mean = LogMean.of(weights[i], 1);
      assertTrue(mean.error() < 0.25, "image " + i + ": " + mean);
      assertEquals(exact[i], mean.log(), 4 * mean.error() + 0.003, "image " + i);
    }
  }

  static Stream<Arguments> drawn() {
    return ExactLikelihoodTest.objectives()
        .flatMap(objective -> Stream.of(arguments(objective, 1), arguments(objective, 2)));
  }

  /** Of images that the model drew, the integral is between the bounds. */
  @ParameterizedTest
  @MethodSource("drawn")
  void theIntegralIsBetweenTheChecksBounds(Objective objective, int latent) {
    ParameterLayout layout = layout(latent);
    // Nothing keeps a Gaussian's means within 0 and 1: large ones make posteriors that are narrow.
    float[] parameters = parameters(layout, objective.sigma() == null ? 6 : 2);
    int count = 25;
    SimulatedImages drawn = SimulatedImages.draw(objective, layout, parameters, count, 9);
    double[] zeros = new double[count * latent];
    double exact =
        TestModels.apply(
            objective,
            layout,
            parameters,
            model -> {
              var tiles = new PixelTiles(model, objective, drawn, 0, count);
              return Arrays.stream(Quadrature.of(tiles, zeros, zeros).logLikelihood)
                  .average()
                  .orElseThrow();
            });
    var likelihood = new PixelGradient(objective, layout, parameters, drawn);
    Check check =
        AnnealedLikelihood.check(new Annealing(likelihood, 9, 0, count, 300), drawn.z(), 4);
    // A density's may meet: by no more than how far chance moves them.
    boolean mayMeet = objective.likelihood() != Likelihood.BERNOULLI;
    double chance = mayMeet ? 3 * check.gap().standardError() : 0;
    assertTrue(check.lower().mean() < exact + chance, check + " of " + exact);
    assertTrue(check.upper().mean() > exact - chance, check + " of " + exact);
    assertTrue(check.gap().mean() < 2, check.toString());
  }

  @Test
  void everythingIsOfTheSameImages() {
    ParameterLayout layout = layout(2);
    float[] parameters = parameters(layout, 3);
    try (var accelerator = new CpuAccelerator(1);
        VaeModel model = accelerator.model(layout.shape(), Objective.study(), parameters)) {
      ImageScores scores = new Evaluator(model, 1).score(IMAGES, 50);
      ImageSet first = IMAGES.first(3);
      AnnealedLikelihood annealed =
          AnnealedLikelihood.of(
              Objective.study(), layout, parameters, first, scores, new Effort(16, 300), 1);
      Evaluation same = new Evaluator(model, 1).evaluate(first, 50);
      assertEquals(3, annealed.images());
      assertEquals(16, annealed.chains());
      assertEquals(300, annealed.steps());
      assertEquals(2, annealed.leapfrogSteps());
      assertEquals(same.elbo(), annealed.elbo());
      assertEquals(same.importanceWeightedBound(), annealed.importanceWeightedBound());
      assertEquals(
          annealed.logLikelihood().mean() - annealed.elbo().mean(), annealed.gap().mean(), 1e-9);
      assertTrue(annealed.gap().mean() > 0, annealed.toString());
      double exact = Arrays.stream(integrals(layout, parameters, first)).average().orElseThrow();
      assertEquals(exact, annealed.logLikelihood().mean(), 4 * annealed.chainError() + 0.01);
      assertTrue(annealed.chainError() > 0 && annealed.chainError() < 0.15, annealed.toString());
      assertTrue(annealed.acceptance() > 0.4 && annealed.acceptance() < 0.95, annealed.toString());
      assertTrue(
          annealed.effectiveChains() > 1 && annealed.effectiveChains() <= 16, annealed.toString());
      assertEquals(3, annealed.check().images());
      assertEquals(List.of(), annealed.doubts());
    }
  }

  @Test
  void parametersThatAreNoNumbersAreASentence() {
    ParameterLayout layout = layout(2);
    float[] parameters = parameters(layout, 1);
    parameters[layout.decoder().getLast().bias()] = Float.NaN;
    var scores = new ImageScores(4, 1);
    assertTrue(
        assertThrows(
                InputException.class,
                () ->
                    AnnealedLikelihood.of(
                        Objective.study(), layout, parameters, IMAGES, scores, new Effort(2, 2), 1))
            .getMessage()
            .startsWith("The decoder's likelihood of an image is no number at z = ["));
  }

  // ---- images that the model drew --------------------------------------------------------------

  /**
   * Pixels have the mean and the variance that the decoder says, and the points are the prior's.
   */
  @ParameterizedTest
  @MethodSource("io.github.cvaegpu.eval.ExactLikelihoodTest#objectives")
  void imagesAreDrawnFromTheModel(Objective objective) {
    ParameterLayout layout = layout(2);
    float[] parameters = parameters(layout, 4);
    int count = 2000;
    SimulatedImages drawn = SimulatedImages.draw(objective, layout, parameters, count, 3);
    assertEquals(PIXELS, drawn.pixels());
    var decoder = new LogitTile(layout, parameters, count);
    decoder.decode(drawn.z());
    double standardised = 0;
    double most = 0;
    double squares = 0;
    double expectedSquares = 0;
    for (int p = 0; p < PIXELS; p++) {
      double rest = 0;
      double variance = 0;
      for (int i = 0; i < count; i++) {
        double pixel = drawn.of(i, p);
        boolean isPossible =
            switch (objective.likelihood()) {
              case BERNOULLI -> pixel == 0 || pixel == 1;
              case CONTINUOUS_BERNOULLI -> pixel >= 0 && pixel <= 1;
              case GAUSSIAN -> true;
            };
        assertTrue(isPossible, "pixel " + pixel);
        double logit = decoder.logits()[p][i];
        double mean = objective.likelihood().mean(logit);
        double own = variance(objective, logit);
        rest += pixel - mean;
        variance += own;
        squares += (pixel - mean) * (pixel - mean);
        expectedSquares += own;
      }
      standardised += rest * rest / variance / PIXELS;
      most = Math.max(most, Math.abs(rest) / Math.sqrt(variance));
    }
    // A chi-square of 81 degrees of freedom, as a part of them.
    assertEquals(1, standardised, 0.6);
    assertTrue(most < 4.5, "off by " + most);
    assertEquals(1, squares / expectedSquares, 0.02);
    double[] ofPoints = new double[2];
    for (int i = 0; i < drawn.z().length; i++) {
      ofPoints[i % 2] += drawn.z()[i] * drawn.z()[i] / count;
    }
    assertEquals(1, ofPoints[0], 0.15);
    assertEquals(1, ofPoints[1], 0.15);
  }

  /** The second derivative of the loss by the logit, but for the Gaussian's scale. */
  private static double variance(Objective objective, double logit) {
    if (objective.likelihood() == Likelihood.GAUSSIAN) {
      return objective.deviation() * objective.deviation();
    }
    double h = 1e-4;
    return (objective.likelihood().mean(logit + h) - objective.likelihood().mean(logit - h))
        / (2 * h);
  }

  // ---- what is said of the figures -------------------------------------------------------------

  private static AnnealedLikelihood summary(double bound, double gap) {
    var scores = new ImageScores(2, 100);
    scores.set(0, 10, 2, -11, 3);
    scores.set(1, 12, 4, bound, 3);
    var result = new Annealing.Result(2, 2);
    result.set(2, 0, -10, 0.5);
    result.set(2, 1, -10, 0.7);
    result.set(2, 2, -12, 0.6);
    result.set(2, 3, Double.NEGATIVE_INFINITY, 0.6);
    var summary = new AnnealedLikelihood.Summary(scores, new Effort(2, 7));
    summary.add(0, result);
    var zero = new Estimate(0, 0);
    return summary.build(new Check(2, zero, zero, new Estimate(gap, 0), gap));
  }

  @Test
  void theFiguresAreMeansOverImages() {
    AnnealedLikelihood annealed = summary(-13, 0.9);
    double second = -12 - Math.log(2);
    assertEquals((-10 + second) / 2, annealed.logLikelihood().mean(), 1e-12);
    assertEquals(0.6, annealed.acceptance(), 1e-12);
    // Weights of the second image are 1 and 0: the error of their mean is as large as it.
    assertEquals(0.5, annealed.chainError(), 1e-12);
    assertEquals(1.5, annealed.effectiveChains(), 1e-12);
    // ELBOs are -12 and -16.
    assertEquals((2 + 16 + second) / 2, annealed.gap().mean(), 1e-12);
    assertEquals(List.of(), annealed.doubts());
  }

  @Test
  void boundsFarApartAreSaid() {
    assertEquals(
        List.of(
            "The check's bounds are 1.25 nats apart, so log p(x) may be too low by as much: take"
                + " more --ais-steps."),
        summary(-13, 1.25).doubts());
  }

  /** Of two images in a thousand sets, one is 7.6 below. */
  @Test
  void aFigureBelowTheBoundIsSaid() {
    assertEquals(0, summary(-12 - Math.log(2) + 7.5, 0).belowBound());
    assertEquals(
        List.of(
            "The annealed log p(x) is too low for 1 of 2 images: it is below their"
                + " importance-weighted bound by more than chance. Take more --ais-steps."),
        summary(-12 - Math.log(2) + 7.7, 0).doubts());
  }

  @Test
  void noLikelihoodAnywhereIsASentence() {
    var result = new Annealing.Result(1, 2);
    result.set(2, 0, Double.NEGATIVE_INFINITY, 0.5);
    result.set(2, 1, Double.NEGATIVE_INFINITY, 0.5);
    var summary = new AnnealedLikelihood.Summary(new ImageScores(9, 1), new Effort(2, 2));
    assertEquals(
        "The decoder gives image 8 no likelihood at any latent point that a chain came to.",
        assertThrows(InputException.class, () -> summary.add(7, result)).getMessage());
  }
}
