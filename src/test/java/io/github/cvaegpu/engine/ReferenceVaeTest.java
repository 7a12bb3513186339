// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ReferenceVaeTest {
  private static final int SAMPLED = 60;

  /** A difference of 1e-5 errs by about 1e-10 (third derivatives) and 1e-10 (rounding). */
  private static final double DIFFERENCE = 1e-5;

  private static final double TOLERANCE = 1e-6;

  /** A term and its number, which go by the KL divergence of a plain step. */
  private record Case(
      Function<ReferenceVae.Step, KlTerm> term, ToDoubleFunction<ReferenceVae.Step> number) {}

  private static final List<Case> CASES =
      List.of(
          new Case(step -> KlTerm.weighted(), step -> 0.3),
          new Case(step -> KlTerm.weighted(), step -> 4),
          new Case(step -> new KlTerm.Distance(3), step -> step.klDivergence() / 2),
          new Case(step -> new KlTerm.Distance(3), step -> step.klDivergence() * 2),
          // Of several dimensions some are above the mean of all; of one alone, none.
          new Case(step -> new KlTerm.FreeBits(mean(step.klDimensions()) * 1.01), step -> 4),
          new Case(step -> new KlTerm.FreeBits(0), step -> 4));

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  static Stream<VaeShape> shapes() {
    return Stream.of(
        new VaeShape(23, List.of(7), 1),
        new VaeShape(23, List.of(17, 5), 2),
        new VaeShape(31, List.of(19, 11, 6), 10),
        new VaeShape(4, List.of(3), 10),
        new VaeShape(23, List.of(17, 5), 2, Activation.TANH),
        new VaeShape(31, List.of(19, 11, 6), 10, Activation.TANH));
  }

  /**
   * Every tensor's gradient against central differences: each entry of small tensors, a sample of
   * large ones. The random numbers are fixed, and such that no ReLU changes sides in between; nor
   * does KL.
   */
  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsAreTheSlopesOfTheObjective(VaeShape shape) {
    var vae = new ReferenceVae(shape);
    var random = new Random(2);
    for (Case of : CASES) {
      double[] parameters = ReferenceVae.toDouble(InitialWeights.draw(vae.layout(), 3));
      double[][] pixels = uniform(random, 5, shape.inputs());
      double[][] noise = gaussian(random, 5, shape.latent());
      var plain = vae.step(parameters, pixels, noise, 1);
      KlTerm term = of.term.apply(plain);
      double number = of.number.applyAsDouble(plain);
      double[] gradients = vae.step(parameters, pixels, noise, term, number).gradients();
      for (var tensor : vae.layout().tensors()) {
        double typical = rms(gradients, tensor);
        assertTrue(typical > 1e-3, () -> tensor.name() + " has hardly a gradient to check");
        for (int k = 0; k < Math.min(tensor.size(), SAMPLED); k++) {
          int i = tensor.size() <= SAMPLED ? k : random.nextInt(tensor.size());
          int at = tensor.offset() + i;
          double slope = slope(vae, parameters, at, pixels, noise, term, number);
          assertEquals(
              slope,
              gradients[at],
              TOLERANCE * Math.max(Math.abs(slope), typical),
              () -> tensor.name() + " [" + i + "] with " + term);
        }
      }
    }
  }

  /** The gradients of the reconstruction under each likelihood, log sigma's among them. */
  @Test
  void gradientsAreTheSlopesUnderEveryLikelihood() {
    List<Objective> objectives = new ArrayList<>(Objective.ALL);
    objectives.add(Objective.gaussian(Sigma.of(0.2)));
    objectives.add(Objective.gaussian(Sigma.LEARNED));
    var random = new Random(2);
    for (Objective objective : objectives) {
      var vae = new ReferenceVae(objective, new VaeShape(23, List.of(17, 5), 2));
      double[] parameters = ReferenceVae.toDouble(InitialWeights.draw(vae.layout(), 3));
      if (objective.learnsSigma()) {
        parameters[vae.layout().logSigma()] = -0.5;
      }
      double[][] pixels = uniform(random, 5, 23);
      double[][] noise = gaussian(random, 5, 2);
      double[] gradients = vae.step(parameters, pixels, noise, 0.3).gradients();
      for (var tensor : vae.layout().tensors()) {
        double typical = rms(gradients, tensor);
        assertTrue(typical > 1e-3, () -> tensor.name() + " has hardly a gradient to check");
        for (int i = 0; i < Math.min(tensor.size(), SAMPLED); i++) {
          int at = tensor.offset() + i;
          double slope = slope(vae, parameters, at, pixels, noise, KlTerm.weighted(), 0.3);
          assertEquals(
              slope,
              gradients[at],
              TOLERANCE * Math.max(Math.abs(slope), typical),
              () -> tensor.name() + " with " + objective.title());
        }
      }
    }
  }

  private static double slope(
      ReferenceVae vae,
      double[] at,
      int i,
      double[][] pixels,
      double[][] noise,
      KlTerm term,
      double number) {
    double[] moved = at.clone();
    moved[i] = at[i] + DIFFERENCE;
    double above = vae.step(moved, pixels, noise, term, number).objective();
    moved[i] = at[i] - DIFFERENCE;
    double below = vae.step(moved, pixels, noise, term, number).objective();
    return (above - below) / (2 * DIFFERENCE);
  }

  /** With weights of zero every value is a bias, so the losses can be written down. */
  @Test
  void lossesAreNatsPerImageAndTheObjectiveTheirSum() {
    var shape = new VaeShape(5, List.of(3), 2);
    var vae = new ReferenceVae(shape);
    double[] parameters = new double[vae.layout().size()];
    int heads = vae.layout().encoder().getLast().bias();
    parameters[heads] = 0.5; // mu
    parameters[heads + 1] = -2;
    parameters[heads + 2] = 0; // logvar
    parameters[heads + 3] = Math.log(4);
    int logits = vae.layout().decoder().getLast().bias();
    parameters[logits + 4] = Math.log(3); // an intensity of 3/4
    double[][] pixels = {{0, 0, 0, 0, 1}, {1, 1, 1, 1, 0}, {0.5, 0.5, 0.5, 0.5, 0.5}};
    double[][] noise = {{0, 0}, {1, 1}, {-1, -1}};
    var step = vae.step(parameters, pixels, noise, 0.25);

    double kl = 0.5 * (0.25 + 4 + (4 - 1 - Math.log(4)));
    double last = -Math.log(0.75) - Math.log(0.25) - (Math.log(0.75) + Math.log(0.25)) / 2;
    double rl = 4 * Math.log(2) + last / 3;
    assertEquals(kl, step.klDivergence(), 1e-14);
    assertEquals(rl, step.reconstructionLoss(), 1e-14);
    assertEquals(3 * (rl + 0.25 * kl), step.objective(), 1e-13);
    assertEquals(0.5, step.mean()[2][0]);
    assertEquals(Math.log(4), step.logVariance()[2][1]);
    assertEquals(1.5, step.z()[1][0], 1e-15);
    assertEquals(0, step.z()[1][1], 1e-15);
    assertEquals(Math.log(3), step.logits()[0][4]);
    // Intensity 3/4 against pixels 1, 0, 1/2: the gradients of the batch are added up.
    assertEquals(3 * 0.75 - 1.5, step.gradients()[logits + 4], 1e-14);
  }

  /** By the mean over the batch, and not by that of an image: three images of KL 0, 0 and 6. */
  @Test
  void termsGoByTheMeanOfTheBatch() {
    // One dimension, whose mean is a pixel.
    var shape = new VaeShape(1, List.of(1), 1);
    var vae = new ReferenceVae(shape);
    double[] parameters = new double[vae.layout().size()];
    parameters[vae.layout().encoder().getFirst().weight()] = 1;
    parameters[vae.layout().encoder().getLast().weight()] = Math.sqrt(12);
    double[][] pixels = {{0}, {1}, {0}};
    double[][] noise = new double[3][1];
    int bias = vae.layout().encoder().getLast().bias();
    double rl = vae.step(parameters, pixels, noise, 0).objective();
    double slope = Math.sqrt(12);
    for (double kink : new double[] {1.9, 2.1}) {
      boolean isAbove = kink < 2;
      var distance = vae.step(parameters, pixels, noise, new KlTerm.Distance(5), kink);
      assertEquals(2, distance.klDivergence(), 1e-14);
      assertEquals(rl + 3 * 5 * 0.1, distance.objective(), 1e-13);
      assertEquals((isAbove ? 5 : -5) * slope, distance.gradients()[bias], 1e-13);
      var free = vae.step(parameters, pixels, noise, new KlTerm.FreeBits(kink), 5);
      assertEquals(rl + 3 * 5 * Math.max(2, kink), free.objective(), 1e-13);
      assertEquals(isAbove ? 5 * slope : 0, free.gradients()[bias], 1e-13);
    }
  }

  @Test
  void lossesStayFiniteWhereTheSigmoidSaturates() {
    var vae = new ReferenceVae(new VaeShape(2, List.of(3), 1));
    double[] parameters = new double[vae.layout().size()];
    int logits = vae.layout().decoder().getLast().bias();
    parameters[logits] = 1000;
    parameters[logits + 1] = -1000;
    var step = vae.step(parameters, new double[][] {{0, 1}}, new double[][] {{0}}, 1);
    assertEquals(2000, step.reconstructionLoss());
    assertEquals(1, step.gradients()[logits]);
    assertEquals(-1, step.gradients()[logits + 1]);
  }

  @Test
  void theFloatsBetweenTensorsHaveNoGradient() {
    var shape = new VaeShape(23, List.of(17, 5), 2);
    var vae = new ReferenceVae(shape);
    double[] parameters = ReferenceVae.toDouble(InitialWeights.draw(vae.layout(), 3));
    var random = new Random(1);
    double[] gradients =
        vae.step(parameters, uniform(random, 3, 23), gaussian(random, 3, 2), 1).gradients();
    for (var tensor : vae.layout().tensors()) {
      for (int i = 0; i < tensor.size(); i++) {
        gradients[tensor.offset() + i] = 0;
      }
    }
    for (double gap : gradients) {
      assertEquals(0, gap);
    }
  }

  /** Gradients 2 and then -1 with learning rate 0.1, followed by hand. */
  @Test
  void adamTakesTheStepsOfTheFormula() {
    var adam = new ReferenceVae.Adam(0.1, 2);
    double[] parameters = {1, 1};
    adam.update(parameters, new double[] {2, 0});
    // m = 0.2, v = 0.004; corrected, 2 and 4: a step of 0.1 * 2 / (2 + 1e-8).
    assertEquals(1 - 0.1 * 2 / (2 + 1e-8), parameters[0], 1e-15);
    assertEquals(1, parameters[1]);
    adam.update(parameters, new double[] {-1, 0});
    // m = 0.9 * 0.2 - 0.1 = 0.08, v = 0.999 * 0.004 + 0.001 = 0.004996; over 0.19 and 0.001999.
    double moved = 0.1 * (0.08 / 0.19) / (Math.sqrt(0.004996 / 0.001999) + 1e-8);
    assertEquals(0.9 + 0.1e-8 / (2 + 1e-8) - moved, parameters[0], 1e-14);
    assertEquals(1, parameters[1]);
    assertEquals(0.08, adam.firstMoment()[0], 1e-16);
    assertEquals(0.004996, adam.secondMoment()[0], 1e-16);
  }

  private static double rms(double[] values, ParameterLayout.Tensor tensor) {
    double sum = 0;
    for (int i = 0; i < tensor.size(); i++) {
      sum += Math.pow(values[tensor.offset() + i], 2);
    }
    return Math.sqrt(sum / tensor.size());
  }

  private static double[][] uniform(Random random, int rows, int columns) {
    double[][] values = new double[rows][];
    for (int i = 0; i < rows; i++) {
      values[i] = random.doubles(columns).toArray();
    }
    return values;
  }

  private static double[][] gaussian(Random random, int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = random.nextGaussian();
      }
    }
    return values;
  }
}
