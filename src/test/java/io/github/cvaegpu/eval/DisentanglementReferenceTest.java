// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.GsonBuilder;
import io.github.cvaegpu.data.Factors.Factor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The scores of a random code beside those that numpy and scikit-learn give it. */
class DisentanglementReferenceTest {
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Images(int[][] factors, int[][] means) {}

  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Alone(int factor, int[] places, double[][] scores) {}

  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Reference(
      int[] sizes,
      boolean[] ordered,
      float unit,
      Images train,
      Images test,
      double[][] importances,
      double importanceSpread,
      double[] accuracies,
      double[] lowestAccuracies,
      double[] highestAccuracies,
      Alone alone,
      double disentanglement,
      double[] completeness,
      double[] mig,
      double[] sap,
      double factorVae) {
    Posterior posterior(Images images) {
      List<Factor> factors =
          IntStream.range(0, sizes.length)
              .mapToObj(factor -> new Factor("f" + factor, sizes[factor], ordered[factor]))
              .toList();
      byte[] values = new byte[images.factors().length * sizes.length];
      float[][] means = new float[images.means().length][];
      for (int i = 0; i < means.length; i++) {
        means[i] = new float[images.means()[i].length];
        for (int j = 0; j < means[i].length; j++) {
          means[i][j] = images.means()[i][j] / unit;
        }
        for (int factor = 0; factor < sizes.length; factor++) {
          values[i * sizes.length + factor] = (byte) images.factors()[i][factor];
        }
      }
      return Codes.posterior(factors, values, means);
    }
  }

  private static Reference reference;
  private static Dci.Parts parts;
  private static Disentanglement scores;

  @BeforeAll
  static void read() throws IOException {
    reference =
        new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .create()
            .fromJson(
                Files.readString(Path.of("test-data", "disentanglement", "reference.json")),
                Reference.class);
    Posterior train = reference.posterior(reference.train());
    Posterior test = reference.posterior(reference.test());
    parts = Dci.parts(train, test);
    scores = Disentanglement.of(train, test, 1);
  }

  /** Of one dimension no two splits are equally good, so every tree is the same. */
  @Test
  void treesOfOneDimensionHaveTheScoresOfScikitLearn() {
    int factor = reference.alone().factor();
    Posterior train = reference.posterior(reference.train());
    float[][] first = Columns.of(train, train.size()).values();
    float[][] means = new float[train.size()][];
    byte[] values = new byte[train.size()];
    for (int i = 0; i < means.length; i++) {
      means[i] = new float[] {first[0][i]};
      values[i] = (byte) reference.train().factors()[i][factor];
    }
    int size = reference.sizes()[factor];
    Posterior alone = Codes.posterior(List.of(new Factor("f", size, false)), values, means);
    var trees = new BoostedTrees(Columns.of(alone, means.length), i -> values[i], size);
    assertArrayEquals(new double[] {1}, trees.importances(), 1e-12);
    for (int place = 0; place < reference.alone().places().length; place++) {
      double[] scores =
          trees.scores(new float[] {reference.alone().places()[place] / reference.unit()});
      double mean = Arrays.stream(scores).average().orElseThrow();
      for (int value = 0; value < size; value++) {
        assertEquals(
            reference.alone().scores()[place][value], scores[value] - mean, 1e-9, "at " + place);
      }
    }
  }

  /**
   * Of more dimensions they depend on which of those is asked first whose splits are equally good,
   * and so do scikit-learn's own.
   */
  @Test
  void treesHaveTheImportancesOfScikitLearn() {
    assertTrue(reference.importanceSpread() < 0.01);
    for (int factor = 0; factor < reference.sizes().length; factor++) {
      assertArrayEquals(reference.importances()[factor], parts.importances()[factor], 0.01);
      double told = parts.accuracies()[factor];
      assertTrue(told >= reference.lowestAccuracies()[factor] - 0.01, factor + ": " + told);
      assertTrue(told <= reference.highestAccuracies()[factor] + 0.01, factor + ": " + told);
    }
  }

  @Test
  void soDoTheScoresThatAreMadeOfThem() {
    assertEquals(reference.disentanglement(), scores.dci().disentanglement(), 0.01);
    for (int factor = 0; factor < reference.sizes().length; factor++) {
      assertEquals(
          reference.completeness()[factor], scores.factors().get(factor).completeness(), 0.01);
    }
    assertEquals(
        Arrays.stream(reference.completeness()).average().orElseThrow(),
        scores.dci().completeness(),
        0.01);
    assertEquals(
        Arrays.stream(reference.accuracies()).average().orElseThrow(),
        scores.dci().informativeness(),
        0.02);
  }

  @Test
  void gapsAreTheSame() {
    for (int factor = 0; factor < reference.sizes().length; factor++) {
      assertEquals(reference.mig()[factor], scores.factors().get(factor).mig(), 1e-9);
      assertEquals(reference.sap()[factor], scores.factors().get(factor).sap(), 1e-9);
    }
    assertEquals(Arrays.stream(reference.mig()).average().orElseThrow(), scores.mig(), 1e-9);
    assertEquals(Arrays.stream(reference.sap()).average().orElseThrow(), scores.sap(), 1e-9);
  }

  /** Of 5,000 votes a score near 0.8 has a standard error of 0.006. */
  @Test
  void votesFallAsOften() {
    assertEquals(reference.factorVae(), scores.factorVae(), 0.02);
  }
}
