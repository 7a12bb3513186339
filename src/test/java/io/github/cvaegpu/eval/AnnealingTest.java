// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.eval.AnnealingNoise.Stage;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On models whose p(x) is known in closed form. */
class AnnealingTest {
  private static final long SEED = 7;
  private static final double[][] WEIGHTS = {{1, 0.2, -0.5}, {-0.3, 1, 0.4}};

  /** The same picture many times: more chains of one image. */
  private static LinearGaussianGradient copies(int count, double deviation) {
    double[][] pictures = new double[count][];
    Arrays.fill(pictures, new double[] {1.2, -0.7});
    return new LinearGaussianGradient(pictures, WEIGHTS, deviation);
  }

  /** Pictures that the model drew, and from where. */
  private static LinearGaussianGradient drawn(double[] z, double deviation) {
    var random = new Random(4);
    double[][] pictures = new double[z.length / 3][2];
    for (int i = 0; i < pictures.length; i++) {
      for (int j = 0; j < 3; j++) {
        z[3 * i + j] = random.nextGaussian();
      }
      for (int p = 0; p < 2; p++) {
        pictures[i][p] = deviation * random.nextGaussian();
        for (int j = 0; j < 3; j++) {
          pictures[i][p] += WEIGHTS[p][j] * z[3 * i + j];
        }
      }
    }
    return new LinearGaussianGradient(pictures, WEIGHTS, deviation);
  }

  private static double[] all(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  @Test
  void temperaturesAreASigmoid() {
    double[] betas = Annealing.betas(8);
    assertEquals(9, betas.length);
    assertEquals(0, betas[0]);
    assertEquals(0.5, betas[4], 1e-12);
    assertEquals(1, betas[8]);
    double least = 1 / (1 + Math.exp(4));
    // At -3 of -4 to 4.
    assertEquals((1 / (1 + Math.exp(3)) - least) / (1 - 2 * least), betas[1], 1e-12);
    for (int t = 1; t <= 8; t++) {
      assertEquals(1 - betas[8 - t], betas[t], 1e-12);
      assertTrue(betas[t] > betas[t - 1]);
    }
  }

  /** Few steps, so that a move that does not keep its density would show. */
  @ParameterizedTest
  @CsvSource({"2, 0.7", "4, 0.5", "12, 0.3"})
  void theMeanWeightIsTheEvidence(int steps, double deviation) {
    LinearGaussianGradient model = copies(40, deviation);
    var annealing = new Annealing(model, SEED, 0, 40, steps);
    double[][] sizes = annealing.tune(Stage.TUNING);
    LogMean mean = LogMean.of(all(annealing.forward(Stage.FORWARD, sizes, 500).logWeights), 1);
    assertTrue(mean.error() < 0.05, mean.toString());
    assertEquals(1, Math.exp(mean.log() - model.evidence(0)), 4 * mean.error());
  }

  /** From points of the posterior, thousands of pictures, each with its own. */
  @ParameterizedTest
  @CsvSource({"2, 1.5", "4, 1.3", "20, 0.8"})
  void theMeanReciprocalOfTheWayBackIsThatOfTheEvidence(int steps, double deviation) {
    int images = 8000;
    double[] z = new double[3 * images];
    LinearGaussianGradient model = drawn(z, deviation);
    var annealing = new Annealing(model, SEED, 0, images, steps);
    double[][] sizes = annealing.tune(Stage.SIMULATED_TUNING);
    double[][] back = annealing.backward(Stage.SIMULATED_BACKWARD, sizes, 2, z).logWeights;
    // In units of each picture's evidence.
    double[] relative = new double[images];
    Arrays.setAll(relative, i -> -LogMean.of(back[i], -1).log() - model.evidence(i));
    LogMean mean = LogMean.of(relative, -1);
    assertTrue(mean.error() < 0.05, mean.toString());
    assertEquals(1, Math.exp(mean.log()), 4 * mean.error());
  }

  @Test
  void theEvidenceIsBetweenBothWaysAndMoreStepsBringThemTogether() {
    double[] z = new double[3 * 50];
    LinearGaussianGradient model = drawn(z, 0.2);
    double exact = 0;
    for (int i = 0; i < 50; i++) {
      exact += model.evidence(i) / 50;
    }
    double last = Double.POSITIVE_INFINITY;
    for (int steps : new int[] {10, 40, 400}) {
      AnnealedLikelihood.Check check =
          AnnealedLikelihood.check(new Annealing(model, SEED, 0, 50, steps), z, 4);
      assertEquals(50, check.images());
      assertTrue(check.lower().mean() < exact, steps + ": " + check + " of " + exact);
      assertTrue(check.upper().mean() > exact, steps + ": " + check + " of " + exact);
      assertEquals(
          check.upper().mean() - check.lower().mean(), check.gap().mean(), 1e-9, steps + " steps");
      assertTrue(check.largestGap() >= check.gap().mean(), check.toString());
      assertTrue(check.gap().mean() < 0.7 * last, check + " after " + last);
      last = check.gap().mean();
    }
    assertTrue(last < 0.3, "gap " + last);
  }

  /** Its steps have to become twenty times as small on the way. */
  @Test
  void movesAreTakenAsOftenAsTheyAreTunedFor() {
    var annealing = new Annealing(copies(4, 0.05), SEED, 0, 4, 400);
    double[][] sizes = annealing.tune(Stage.TUNING);
    assertTrue(sizes[1][0] > 10 * sizes[399][0], sizes[1][0] + " and " + sizes[399][0]);
    double[] acceptance = all(annealing.forward(Stage.FORWARD, sizes, 16).acceptance);
    assertEquals(Annealing.TARGET, Arrays.stream(acceptance).average().orElseThrow(), 0.1);
  }

  // ---- the same numbers ------------------------------------------------------------------------

  private static double[] weights(int firstImage, int images, int chains) {
    double[] z = new double[3 * 9];
    var annealing = new Annealing(drawn(z, 0.3), SEED, firstImage, images, 20);
    double[][] sizes = annealing.tune(Stage.TUNING);
    return all(annealing.forward(Stage.FORWARD, sizes, chains).logWeights);
  }

  @Test
  void threadsChangeNoBit() throws Exception {
    double[] usual = weights(0, 9, 30);
    for (int threads : new int[] {1, 3}) {
      try (var pool = new ForkJoinPool(threads)) {
        assertArrayEquals(usual, pool.submit(() -> weights(0, 9, 30)).get());
      }
    }
  }

  /**
   * Whoever else is annealed, an image has its own chains, and the first of many are those of few.
   */
  @Test
  void anImageHasItsOwnNumbers() {
    double[] nine = weights(0, 9, 30);
    assertArrayEquals(Arrays.copyOfRange(nine, 5 * 30, 8 * 30), weights(5, 3, 30));
    double[] few = weights(5, 1, 4);
    assertArrayEquals(Arrays.copyOfRange(nine, 5 * 30, 5 * 30 + 4), few);
    assertEquals(9 * 30, Arrays.stream(nine).distinct().count());
  }

  @Test
  void stagesHaveNumbersOfTheirOwn() {
    float[][] normals = new float[Stage.values().length][3];
    for (Stage stage : Stage.values()) {
      new AnnealingNoise(SEED, stage).normals(1, 2, 3, normals[stage.id()]);
    }
    assertEquals(
        normals.length, Arrays.stream(normals).mapToDouble(row -> row[0]).distinct().count());
    float[] other = new float[3];
    var noise = new AnnealingNoise(SEED, Stage.TUNING);
    for (int[] at : new int[][] {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}}) {
      noise.normals(at[0], at[1], at[2], other);
      assertTrue(other[0] != normals[0][0], Arrays.toString(at));
    }
    int[] words = new int[4];
    int[] further = new int[4];
    noise.words(0, 1, 2, 3, words);
    noise.words(1, 1, 2, 3, further);
    assertTrue(words[0] != further[0]);
  }

  // ---- likelihoods that are no numbers ---------------------------------------------------------

  /** A likelihood of which nothing is known but a value, on one side of a place. */
  private static LatentGradient wall(double elsewhere) {
    return new LatentGradient() {
      @Override
      public int latent() {
        return 1;
      }

      @Override
      public Room room(int[] images) {
        return (z, logLikelihood, gradient) -> {
          for (int p = 0; p < z.length; p++) {
            logLikelihood[p] = z[p] < 5 ? -3 : elsewhere;
            // Towards the wall.
            gradient[p] = z[p] < 5 ? 4 : Double.NaN;
          }
        };
      }
    };
  }

  /** What a chain runs into is not taken; that nothing is beyond does not count. */
  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY})
  void goalsThatHaveNoLikelihoodAreNotTaken(double value) {
    var annealing = new Annealing(wall(value), SEED, 0, 3, 30);
    double[][] sizes = annealing.tune(Stage.TUNING);
    Annealing.Result result = annealing.forward(Stage.FORWARD, sizes, 8);
    for (double log : all(result.logWeights)) {
      assertEquals(-3, log, 1e-9);
    }
    assertTrue(Arrays.stream(all(result.acceptance)).average().orElseThrow() < 0.99);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void aStartThatHasNoLikelihoodIsASentence(double value) {
    LatentGradient nothing =
        new LatentGradient() {
          @Override
          public int latent() {
            return 2;
          }

          @Override
          public Room room(int[] images) {
            return (z, logLikelihood, gradient) -> Arrays.fill(logLikelihood, value);
          }
        };
    assertTrue(
        assertThrows(
                InputException.class,
                () -> new Annealing(nothing, SEED, 0, 1, 2).tune(Stage.TUNING))
            .getMessage()
            .matches(
                "The decoder's likelihood of an image is no number at z = \\[.*, .*\\], so there is"
                    + " nothing to anneal\\."));
  }
}
