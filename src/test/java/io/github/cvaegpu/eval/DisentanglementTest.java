// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Factors.Factor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The scores of disentanglement, of codes for which they are known. */
@Execution(ExecutionMode.CONCURRENT)
class DisentanglementTest {
  /** A dimension that varies tells the kind of a third of the images even if it tells nothing. */
  private static final double KIND_ALONE = 1 - 1 / 3.0;

  private static Disentanglement scores(Posterior posterior) {
    return Disentanglement.of(posterior, posterior, 5);
  }

  private static double mig(Disentanglement scores, int factor) {
    return scores.factors().get(factor).mig();
  }

  @Test
  void aFactorADimensionIsPerfect() {
    Disentanglement scores = scores(Codes.of(Codes::each));
    assertEquals(1, scores.mig(), 1e-12);
    assertEquals((4 + KIND_ALONE) / 5, scores.sap(), 1e-12);
    assertEquals(1, scores.factorVae());
    assertEquals(1, scores.dci().disentanglement(), 1e-9);
    assertEquals(1, scores.dci().completeness(), 1e-9);
    assertEquals(1, scores.dci().informativeness());
    assertEquals(
        List.of("kind", "size", "turn", "x", "y"),
        scores.factors().stream().map(Disentanglement.FactorScores::name).toList());
    assertEquals(6, scores.factors().get(2).values());
    for (Disentanglement.FactorScores factor : scores.factors()) {
      assertEquals(1, factor.mig(), 1e-12);
      assertEquals(factor.name().equals("kind") ? KIND_ALONE : 1, factor.sap(), 1e-12);
      assertEquals(1, factor.completeness(), 1e-9);
      assertEquals(1, factor.informativeness());
    }
  }

  /** The order of dimensions, their sign, scale and origin change nothing. */
  @Test
  void otherUnitsAreAsPerfect() {
    Disentanglement scores =
        scores(
            Codes.of(
                v ->
                    new float[] {
                      1000 - 8 * v[4], 0.5f * v[3], -4 * v[2], 64 + 2 * v[1], 16 * v[0]
                    }));
    assertEquals(1, scores.mig(), 1e-12);
    assertEquals((4 + KIND_ALONE) / 5, scores.sap(), 1e-12);
    assertEquals(1, scores.factorVae());
    assertEquals(1, scores.dci().disentanglement(), 1e-9);
    assertEquals(1, scores.dci().completeness(), 1e-9);
  }

  /**
   * x and y turned by 45 degrees: both dimensions tell as much of either. Their gaps are 0, each
   * vote on them is right or wrong by chance, and two dimensions share two factors: 1 - ln 2 / ln
   * 5.
   */
  @Test
  void aRotationByAnEighthIsSeen() {
    Disentanglement scores =
        scores(Codes.of(v -> new float[] {v[0], v[1], v[2], v[3] + v[4], v[3] - v[4]}));
    assertEquals(0.6, scores.mig(), 1e-12);
    assertEquals(0, mig(scores, 3), 1e-12);
    assertEquals(0, mig(scores, 4), 1e-12);
    assertEquals((2 + KIND_ALONE) / 5, scores.sap(), 1e-12);
    assertEquals(0.8, scores.factorVae(), 0.03);
    double shared = (3 + 2 * (1 - Math.log(2) / Math.log(5))) / 5;
    assertEquals(shared, scores.dci().disentanglement(), 0.03);
    assertEquals(shared, scores.dci().completeness(), 0.03);
    assertEquals(1, scores.dci().informativeness(), 0.02);
  }

  @Test
  void noiseHasNoScore() {
    var random = new Random(11);
    Posterior train = Codes.of(v -> noise(random));
    Posterior test = Codes.of(v -> noise(random));
    Disentanglement scores = Disentanglement.of(train, test, 5);
    assertTrue(scores.mig() < 0.01, scores.toString());
    assertTrue(scores.sap() < 0.02, scores.toString());
    // One factor of five, and of its values one.
    assertEquals(1 / 5.0, scores.factorVae(), 0.03);
    double chance = (1 / 3.0 + 1 / 4.0 + 1 / 6.0 + 2 / 5.0) / 5;
    assertEquals(chance, scores.dci().informativeness(), 0.03);
    assertTrue(scores.dci().disentanglement() < 0.1, scores.toString());
    assertTrue(scores.dci().completeness() < 0.1, scores.toString());
  }

  private static float[] noise(Random random) {
    float[] means = new float[5];
    for (int j = 0; j < means.length; j++) {
      means[j] = (float) random.nextGaussian();
    }
    return means;
  }

  /** A factor that two dimensions have: the gaps to the second best go, the rest stays. */
  @Test
  void aFactorThatIsThereTwiceHasNoGap() {
    Disentanglement scores =
        scores(Codes.of(v -> new float[] {v[0], v[1], v[2], v[3], v[4], -2 * v[3]}));
    assertEquals(0.8, scores.mig(), 1e-12);
    assertEquals(0, mig(scores, 3), 1e-12);
    assertEquals((3 + KIND_ALONE) / 5, scores.sap(), 1e-12);
    assertEquals(1, scores.factorVae());
    assertEquals(1, scores.dci().disentanglement(), 1e-9);
  }

  /** One dimension that tells two factors: it is about neither alone. */
  @Test
  void aDimensionOfTwoFactorsIsAboutNeither() {
    Disentanglement scores = scores(Codes.of(v -> new float[] {v[0], v[1], v[2], 5 * v[3] + v[4]}));
    double both = 1 - Math.log(2) / Math.log(5);
    assertEquals((3 + 2 * both) / 5, scores.dci().disentanglement(), 1e-9);
    assertEquals(1, scores.dci().completeness(), 1e-9);
  }

  /** Neither a dimension that never moves nor one that hardly does takes part. */
  @Test
  void inactiveDimensionsChangeNothing() {
    Disentanglement scores =
        scores(Codes.of(v -> new float[] {3, v[0], v[1], v[2], v[3], v[4], 0.05f * (v[2] % 2)}));
    assertEquals((4 + KIND_ALONE) / 5, scores.sap(), 1e-12);
    assertEquals(1, scores.factorVae());
    assertEquals(1, mig(scores, 0), 1e-12);
    // It tells odd turns from even ones, however little it moves: one of log2(6) bits.
    assertEquals(1 - Math.log(2) / Math.log(6), mig(scores, 2), 1e-12);
  }

  @Test
  void whereNothingMovesNothingIsTold() {
    Disentanglement scores = scores(Codes.of(v -> new float[] {1, -2}));
    assertEquals(0, scores.mig());
    assertEquals(0, scores.sap());
    assertTrue(Double.isNaN(scores.factorVae()));
    assertEquals(0, scores.dci().disentanglement());
    assertEquals(0, scores.dci().completeness());
    assertEquals(
        (1 / 3.0 + 1 / 4.0 + 1 / 6.0 + 2 / 5.0) / 5, scores.dci().informativeness(), 1e-12);
  }

  @Test
  void oneDimensionHasNoSecond() {
    Disentanglement scores = scores(Codes.of(v -> new float[] {v[1]}));
    assertEquals(1, mig(scores, 1), 1e-12);
    assertEquals(0, mig(scores, 2), 1e-12);
    assertEquals(1, scores.factors().get(1).sap(), 1e-12);
    assertEquals(1, scores.factors().get(1).completeness());
    // One that hardly moves is no second either, though it would tell a third of the kinds.
    Disentanglement still = scores(Codes.of(v -> new float[] {v[0], 0.05f * (v[2] % 2)}));
    assertEquals(1, still.factors().get(0).sap(), 1e-12);
  }

  @Test
  void threadsChangeNoBit() {
    var random = new Random(3);
    Posterior posterior =
        Codes.of(
            v -> new float[] {v[0] + v[1] + random.nextFloat(), v[2] * v[3], random.nextFloat()});
    Disentanglement many = scores(posterior);
    try (var one = new ForkJoinPool(1)) {
      assertEquals(many, one.submit(() -> scores(posterior)).join());
    }
  }

  @Test
  void tooFewImagesAreRefusedInASentence() {
    List<Factor> two = List.of(new Factor("kind", 2, false), new Factor("size", 3, true));
    byte[] values = new byte[2 * 60];
    float[][] means = new float[60][];
    for (int i = 0; i < 60; i++) {
      values[2 * i] = (byte) (i % 2);
      values[2 * i + 1] = (byte) (i % 3);
      means[i] = new float[] {i % 2, i % 3};
    }
    Posterior enough = Codes.posterior(two, values, means);
    assertEquals(1, scores(enough).mig(), 1e-12);
    Posterior few = Codes.posterior(two, Arrays.copyOf(values, 2 * 29), Arrays.copyOf(means, 29));
    assertEquals(
        "Scores of disentanglement need 10 images or more of each value of a factor, but of the 29"
            + " held-out images 9 have the value 2 of size.",
        assertThrows(InputException.class, () -> Disentanglement.of(enough, few, 1)).getMessage());
    assertTrue(
        assertThrows(InputException.class, () -> Disentanglement.of(few, enough, 1))
            .getMessage()
            .contains("of the 29 training images"));
    Posterior others = Codes.of(Codes::each);
    assertThrows(IllegalArgumentException.class, () -> Disentanglement.of(others, enough, 1));
  }

  /** Shares 1 and 2/3 of the dimensions' importance are of the first factor: by hand. */
  @Test
  void importancesMakeTheScores() {
    var parts = new Dci.Parts(new double[][] {{1, 0}, {0.5, 0.5}}, new double[] {0.75, 0.25});
    double entropy = -(2 / 3.0 * Math.log(2 / 3.0) + 1 / 3.0 * Math.log(1 / 3.0)) / Math.log(2);
    Dci dci = parts.dci();
    assertEquals(0.75 * (1 - entropy) + 0.25, dci.disentanglement(), 1e-12);
    assertEquals(0.5, dci.completeness(), 1e-12);
    assertEquals(0.5, dci.informativeness());
    assertEquals(1, parts.completeness(0), 1e-12);
    assertEquals(0, parts.completeness(1), 1e-12);
    // What tells nothing has no part in the mean.
    var silent = new Dci.Parts(new double[][] {{1, 0, 0}, {0, 0, 0}}, new double[] {1, 0});
    assertEquals(1, silent.dci().disentanglement(), 1e-12);
    assertEquals(1, silent.dci().completeness(), 1e-12);
  }
}
