// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the likelihood that is integrated, and its differences. */
class PixelGradientTest {
  private static final ImageSet IMAGES = TinyImages.draw(5, 3);
  private static final int POINTS = 11;

  private ParameterLayout layout;
  private float[] parameters;

  private void draw(Activation activation) {
    layout =
        new ParameterLayout(
            new VaeShape(TinyImages.SIDE * TinyImages.SIDE, List.of(13, 7), 3, activation));
    parameters = InitialWeights.draw(layout, 5);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= 3;
    }
  }

  private LatentGradient likelihood() {
    return likelihood(Objective.study());
  }

  private LatentGradient likelihood(Objective objective) {
    return new PixelGradient(
        objective, layout, parameters, PixelTargets.of(objective.targets(), IMAGES));
  }

  private static double[] points(int count) {
    return new Random(2).doubles(3L * count, -2, 2).toArray();
  }

  private static int[] images(int count) {
    int[] images = new int[count];
    Arrays.setAll(images, p -> 3 * p % IMAGES.size());
    return images;
  }

  @ParameterizedTest
  @EnumSource
  void theLikelihoodIsThatOfTheIntegral(Activation activation) {
    draw(activation);
    double[] z = points(POINTS);
    double[] likelihood = new double[POINTS];
    likelihood().room(images(POINTS)).at(z, likelihood, new double[z.length]);
    double[] expected = new double[POINTS];
    TestModels.apply(
        layout,
        parameters,
        model -> {
          PixelTiles tiles = TestModels.likelihood(model, IMAGES);
          tiles.decode(z);
          LatentLikelihood.Tile tile = tiles.tile(POINTS);
          tile.take(0);
          double[] scored = new double[POINTS];
          for (int p = 0; p < POINTS; p++) {
            tile.score(images(POINTS)[p], scored);
            expected[p] = scored[p];
          }
          return null;
        });
    assertArrayEquals(expected, likelihood, 1e-4);
  }

  static Stream<Arguments> slopes() {
    return ExactLikelihoodTest.objectives()
        .flatMap(
            objective ->
                Stream.of(Activation.values()).map(activation -> arguments(objective, activation)));
  }

  /**
   * Between kinks it is linear in small steps, and of a hundred derivatives few are at a kink; of
   * tanh there are none.
   */
  @ParameterizedTest
  @MethodSource("slopes")
  void theGradientIsTheSlopeOfTheLikelihood(Objective objective, Activation activation) {
    draw(activation);
    int count = 40;
    double step = 0.01;
    double[] z = points(count);
    double[] gradient = new double[z.length];
    LatentGradient.Room room = likelihood(objective).room(images(count));
    room.at(z, new double[count], gradient);
    int off = 0;
    for (int j = 0; j < 3; j++) {
      double[] above = new double[count];
      double[] below = new double[count];
      double[] there = z.clone();
      for (int p = 0; p < count; p++) {
        there[3 * p + j] = z[3 * p + j] + step;
      }
      room.at(there, above, new double[z.length]);
      for (int p = 0; p < count; p++) {
        there[3 * p + j] = z[3 * p + j] - step;
      }
      room.at(there, below, new double[z.length]);
      for (int p = 0; p < count; p++) {
        double slope = (above[p] - below[p]) / (2 * step);
        off += Math.abs(slope - gradient[3 * p + j]) > 0.02 * Math.max(1, Math.abs(slope)) ? 1 : 0;
      }
    }
    int most = activation == Activation.RELU ? 12 : 0;
    assertTrue(off <= most, off + " of 120 are off");
    assertTrue(Arrays.stream(gradient).map(Math::abs).average().orElseThrow() > 1);
  }

  /** Threads and images in company must not be seen in a chain. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4, 10})
  void aPointIsTheSameAlone(int point) {
    draw(point % 4 == 0 ? Activation.TANH : Activation.RELU);
    double[] z = points(POINTS);
    double[] likelihood = new double[POINTS];
    double[] gradient = new double[z.length];
    likelihood().room(images(POINTS)).at(z, likelihood, gradient);
    double[] alone = new double[1];
    double[] slope = new double[3];
    likelihood()
        .room(new int[] {images(POINTS)[point]})
        .at(Arrays.copyOfRange(z, 3 * point, 3 * point + 3), alone, slope);
    assertEquals(likelihood[point], alone[0]);
    assertArrayEquals(Arrays.copyOfRange(gradient, 3 * point, 3 * point + 3), slope);
  }
}
