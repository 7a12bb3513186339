// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders of the program, against integrals in double that know nothing of lattices. */
class ExactLikelihoodTest {
  private static final int PIXELS = TinyImages.SIDE * TinyImages.SIDE;

  private static final ImageSet IMAGES = TinyImages.draw(6, 3);

  /** A network whose weights are those of a fresh one, times a factor: large ones, sharp peaks. */
  private static float[] parameters(ParameterLayout layout, float factor) {
    float[] parameters = InitialWeights.draw(layout, 5);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= factor;
    }
    return parameters;
  }

  private static double logLikelihood(
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      ImageSet images,
      int image,
      double[] z) {
    double[] in = z;
    boolean isFirst = true;
    for (Linear layer : layout.decoder()) {
      double[] out = new double[layer.out()];
      for (int o = 0; o < out.length; o++) {
        out[o] = parameters[layer.bias() + o];
        for (int i = 0; i < in.length; i++) {
          // Hidden units are rectified where they are read, so that logits are not.
          double unit = isFirst ? in[i] : Math.max(0, in[i]);
          out[o] += parameters[layer.weight() + o * layer.in() + i] * unit;
        }
      }
      in = out;
      isFirst = false;
    }
    double sum = 0;
    for (int p = 0; p < in.length; p++) {
      double x = (images.pixels()[image * in.length + p] & 0xFF) / 255.0;
      sum -= objective.loss(in[p], x);
    }
    return sum;
  }

  /** The midpoint rule, with a spacing that no lattice has. */
  private static double bruteForce(
      Objective objective,
      ParameterLayout layout,
      float[] parameters,
      ImageSet images,
      int image,
      double spacing) {
    int latent = layout.shape().latent();
    int steps = (int) Math.round(12 / spacing);
    double sum = 0;
    double shift = -logLikelihood(objective, layout, parameters, images, image, new double[latent]);
    double[] z = new double[latent];
    for (int a = 0; a < steps; a++) {
      z[0] = -6 + (a + 0.5) * spacing;
      for (int b = 0; b < (latent == 1 ? 1 : steps); b++) {
        double square = z[0] * z[0];
        if (latent == 2) {
          z[1] = -6 + (b + 0.5) * spacing;
          square += z[1] * z[1];
        }
        sum +=
            Math.exp(
                logLikelihood(objective, layout, parameters, images, image, z)
                    + shift
                    - 0.5 * square);
      }
    }
    return Math.log(sum) - shift + latent * (Math.log(spacing) - 0.5 * Math.log(2 * Math.PI));
  }

  private static Quadrature.Result integrate(
      ParameterLayout layout, float[] parameters, ImageSet images) {
    double[] zeros = new double[images.size() * layout.shape().latent()];
    return TestModels.apply(
        layout,
        parameters,
        model -> Quadrature.of(TestModels.likelihood(model, images), zeros, zeros));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0.0037", "1, 9, 0.0007", "2, 1, 0.037", "2, 6, 0.013"})
  void anIndependentIntegralIsTheSame(int latent, float factor, double spacing) {
    byte[] pixels = new byte[3 * 12];
    new Random(8).nextBytes(pixels);
    var images = new ImageSet(3, 4, pixels, new byte[3]);
    var layout = new ParameterLayout(new VaeShape(12, List.of(7, 5), latent));
    float[] parameters = parameters(layout, factor);
    Quadrature.Result result = integrate(layout, parameters, images);
    for (int image = 0; image < images.size(); image++) {
      double expected = bruteForce(Objective.study(), layout, parameters, images, image, spacing);
      assertEquals(expected, result.logLikelihood[image], 2e-3, "image " + image);
    }
  }

  /** Bounds rise to the integral as samples grow in number, and stay below it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void importanceWeightedBoundsRiseToIt(int latent) {
    var shape = new VaeShape(PIXELS, List.of(7, 5), latent);
    var layout = new ParameterLayout(shape);
    float[] parameters = parameters(layout, 3);
    try (var accelerator = new CpuAccelerator(1);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      double last = Double.NEGATIVE_INFINITY;
      ExactLikelihood exact = null;
      for (int samples : new int[] {1, 10, 100, 5000}) {
        ImageScores scores = new Evaluator(model, 1).score(IMAGES, samples);
        double bound = scores.evaluation().importanceWeightedBound().mean();
        exact = exact(model, scores);
        assertTrue(bound > last, samples + " samples: " + bound + " after " + last);
        assertTrue(bound < exact.logLikelihood().mean() + 0.02, bound + " above " + exact);
        last = bound;
      }
      assertEquals(exact.logLikelihood().mean(), last, 0.1);
      assertEquals(List.of(), exact.doubts());
      assertTrue(exact.gap().mean() > 0.1, exact.toString());
      assertTrue(exact.approximationGap().mean() >= -0.002, exact.toString());
      assertTrue(exact.amortisationGap().mean() > 0.1, exact.toString());
    }
  }

  private static ExactLikelihood exact(VaeModel model, ImageScores scores) {
    return ExactLikelihood.of(model, Objective.study(), Posterior.of(model, IMAGES), scores);
  }

  @Test
  void theEnginesThreadsChangeNoBit() {
    var layout = new ParameterLayout(new VaeShape(PIXELS, List.of(7, 5), 2));
    float[] parameters = parameters(layout, 3);
    double[] zeros = new double[2 * IMAGES.size()];
    double[] usual = integrate(layout, parameters, IMAGES).logLikelihood;
    for (int threads : new int[] {2, 5}) {
      assertArrayEquals(
          usual,
          TestModels.apply(
                  threads,
                  layout,
                  parameters,
                  model -> Quadrature.of(TestModels.likelihood(model, IMAGES), zeros, zeros))
              .logLikelihood);
    }
  }

  /** Level by level, none of which ends before all of its sums are done. */
  @Test
  void tellsHowFarItIsWithTheSameBits() {
    var shape = new VaeShape(PIXELS, List.of(7, 5), 2);
    float[] parameters = parameters(new ParameterLayout(shape), 3);
    try (var accelerator = new CpuAccelerator(1);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      ImageScores scores = new Evaluator(model, 1).score(IMAGES, 1);
      List<IntegralProgress> told = new ArrayList<>();
      double[] each = new double[IMAGES.size()];
      ExactLikelihood exact =
          ExactLikelihood.of(
              model, Objective.study(), Posterior.of(model, IMAGES), scores, each, told::add);
      assertEquals(exact(model, scores), exact);
      assertTrue(told.getLast().level() > 0, told.toString());
      for (int i = 0; i < told.size(); i++) {
        IntegralProgress now = told.get(i);
        assertEquals(List.of(1, 1), List.of(now.part(), now.parts()));
        IntegralProgress next = i + 1 < told.size() ? told.get(i + 1) : null;
        if (next == null || next.level() != now.level()) {
          assertEquals(now.sums(), now.done());
          assertTrue(next == null || next.level() == now.level() + 1, told.toString());
        } else {
          assertTrue(next.done() > now.done() && next.sums() >= now.sums(), told.toString());
        }
      }
    }
  }

  /** Of every likelihood, a peak of a small sigma among them. */
  @ParameterizedTest
  @MethodSource("objectives")
  void anIndependentIntegralIsTheSameUnderEveryLikelihood(Objective objective) {
    byte[] pixels = new byte[3 * 12];
    new Random(8).nextBytes(pixels);
    var images = new ImageSet(3, 4, pixels, new byte[3]);
    var shape = new VaeShape(12, List.of(7, 5), 2);
    var layout = new ParameterLayout(shape);
    float[] parameters = parameters(layout, 2);
    double[] exact = new double[3];
    TestModels.apply(
        objective,
        layout,
        parameters,
        model ->
            ExactLikelihood.of(
                model,
                objective,
                Posterior.of(model, images),
                new Evaluator(model, 1).score(images, 10),
                exact));
    for (int image = 0; image < 3; image++) {
      double expected = bruteForce(objective, layout, parameters, images, image, 0.02);
      assertEquals(expected, exact[image], 3e-3, "image " + image);
    }
  }

  static Stream<Objective> objectives() {
    return Stream.of(
        Objective.study(),
        new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY),
        Objective.gaussian(Sigma.of(1)),
        Objective.gaussian(Sigma.of(0.2)));
  }

  /** The engines' losses are those that are integrated. */
  @ParameterizedTest
  @MethodSource("objectives")
  void scoresAsTheEngineDoes(Objective objective) {
    var shape = new VaeShape(PIXELS, List.of(13, 7), 2);
    var layout = new ParameterLayout(shape);
    float[] parameters = parameters(layout, 2);
    int points = 37;
    double[] z = new Random(2).doubles(2L * points, -3, 3).toArray();
    float[] floats = new float[z.length];
    for (int i = 0; i < z.length; i++) {
      floats[i] = (float) z[i];
    }
    // An image without a pixel that is not black, and one without a black pixel, too.
    byte[] pixels = Arrays.copyOf(IMAGES.pixels(), 8 * PIXELS);
    Arrays.fill(pixels, 7 * PIXELS, 8 * PIXELS, (byte) 255);
    var images = new ImageSet(TinyImages.SIDE, TinyImages.SIDE, pixels, new byte[8]);
    double[] scored = new double[points];
    float[] loss = new float[points];
    try (var accelerator = new CpuAccelerator(1);
        VaeModel model = accelerator.model(shape, objective, parameters)) {
      var tiles =
          new PixelTiles(model, objective, PixelTargets.of(objective.targets(), images), 1, 7);
      // Between others, which are not its own.
      double[] all = new double[3 * z.length];
      System.arraycopy(z, 0, all, z.length, z.length);
      tiles.decode(all);
      LatentLikelihood.Tile tile = tiles.tile(points);
      tile.take(points);
      for (int image = 1; image < 8; image++) {
        model.reconstructionLoss(images, image, 1, points, floats, loss);
        tile.score(image - 1, scored);
        for (int p = 0; p < points; p++) {
          assertEquals(
              -loss[p], scored[p], 1e-4 * Math.max(20, Math.abs(loss[p])), "image " + image);
        }
      }
    }
  }

  @Test
  void parametersThatAreNoNumbersAreASentence() {
    var layout = new ParameterLayout(new VaeShape(PIXELS, List.of(7), 2));
    float[] parameters = parameters(layout, 1);
    parameters[layout.decoder().getLast().bias()] = Float.NaN;
    assertTrue(
        assertThrows(InputException.class, () -> integrate(layout, parameters, IMAGES))
            .getMessage()
            .startsWith("The decoder's likelihood of an image is no number at or near z = ["));
  }

  @Test
  void largeLatentSpacesAreSentElsewhere() {
    ExactLikelihood.requireSmall(1, "nothing");
    ExactLikelihood.requireSmall(2, "nothing");
    assertEquals(
        "--exact is for 1 or 2 latent dimensions, and the model has 10: take --ais, or the"
            + " importance-weighted bound with --samples 5000.",
        assertThrows(
                InputException.class,
                () ->
                    ExactLikelihood.requireSmall(
                        10, "--ais, or the importance-weighted bound with --samples 5000"))
            .getMessage());
  }

  // ---- what is said of the figures -------------------------------------------------------------

  private static ExactLikelihood summary(double logLikelihood, double moved, double beyond) {
    var scores = new ImageScores(2, 100);
    scores.set(0, 10, 2, -11, 3);
    scores.set(1, 12, 4, -13, 3);
    var result = new Quadrature.Result(2);
    result.logLikelihood[0] = -10;
    result.logLikelihood[1] = logLikelihood;
    result.moved[1] = moved;
    result.beyond[1] = beyond;
    result.range = 8;
    result.bestElbo[0] = -10.5;
    result.bestElbo[1] = -12.5;
    var summary = new ExactLikelihood.Summary(scores);
    summary.add(0, result);
    return summary.build();
  }

  @Test
  void theFiguresAreMeansOverImages() {
    ExactLikelihood exact = summary(-12, 0.002, 1e-7);
    assertEquals(new Estimate(-11, 1), exact.logLikelihood());
    // ELBOs of -12 and -16: gaps of 2 and 4.
    assertEquals(new Estimate(3, 1), exact.gap());
    assertEquals(new Estimate(0.5, 0), exact.approximationGap());
    assertEquals(new Estimate(2.5, 1), exact.amortisationGap());
    assertEquals(0.001, exact.spacingError(), 1e-15);
    assertEquals(0.002, exact.largestSpacingError());
    assertEquals(1e-7, exact.rangeError(), 1e-12);
    assertEquals(8, exact.range());
    assertEquals(List.of(), exact.doubts());
  }

  @Test
  void errorsAboveTheToleranceAreSaid() {
    assertEquals(
        List.of(
            "log p(x) is not known to 0.01 nats for 1 of 2 images: halving the spacing moved it by"
                + " up to 0.300, widening the range by up to 0.000."),
        summary(-12, 0.3, 0).doubts());
    assertEquals(1, summary(-12, 0, 0.02).inexact());
    assertEquals(1, summary(-12, Double.NaN, 0).inexact());
  }

  /** The bound of image 1 is -13: in a thousand sets of two images, one is 7.6 below. */
  @Test
  void anIntegralBelowTheBoundIsSaid() {
    assertEquals(0, summary(-20, 0, 0).belowBound());
    assertEquals(
        List.of(
            "log p(x) is too low for 1 of 2 images: it is below their importance-weighted bound by"
                + " more than chance, so a part of the integral was missed."),
        summary(-21, 0, 0).doubts());
  }
}
