// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The measures of a latent space, on posteriors for which they are known. */
class LatentMeasuresTest {
  private static final double PRIOR = 0; // Log variance of the prior.

  private static ImageSet labelled(int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return new ImageSet(1, 1, new byte[labels.length], bytes);
  }

  /** One dimension, every image with the same log variance. */
  private static Posterior line(double logVariance, int[] labels, double... means) {
    float[] mean = new float[means.length];
    float[] variances = new float[means.length];
    for (int i = 0; i < means.length; i++) {
      mean[i] = (float) means[i];
      variances[i] = (float) logVariance;
    }
    return Posterior.of(labelled(labels), 1, mean, variances);
  }

  private static Posterior plane(int[] labels, double[] first, double[] second) {
    float[] mean = new float[2 * first.length];
    for (int i = 0; i < first.length; i++) {
      mean[2 * i] = (float) first[i];
      mean[2 * i + 1] = (float) second[i];
    }
    return Posterior.of(labelled(labels), 2, mean, new float[mean.length]);
  }

  // ---- dimensions ------------------------------------------------------------------------------

  @Test
  void aDimensionHasItsMomentsAndItsDivergence() {
    // KL of N(m, 1) and N(0, 1) is m^2 / 2.
    DimensionStatistics statistics = DimensionStatistics.of(line(PRIOR, new int[4], 1, 3, 5, 7), 0);
    assertEquals(4, statistics.mean());
    assertEquals(5, statistics.variance());
    assertEquals((1 + 9 + 25 + 49) / 8.0, statistics.klDivergence(), 1e-12);
    // KL of N(0, s^2) and N(0, 1) is (s^2 - 1) / 2 - log s; here with s^2 = e^2.
    assertEquals(
        (Math.exp(2) - 1) / 2 - 1,
        DimensionStatistics.of(line(2, new int[2], 0, 0), 0).klDivergence(),
        1e-6);
  }

  @Test
  void aUnitIsActiveAboveAHundredthOfVariance() {
    // Variances 0.0121, 0.0081 and 0.
    float[] means = {0.11f, 0.09f, 5, -0.11f, -0.09f, 5};
    Posterior posterior = Posterior.of(labelled(0, 1), 3, means, new float[6]);
    LatentMeasures measures = LatentMeasures.of(posterior, posterior, 1);
    assertEquals(1, measures.activeUnits());
    assertEquals(0.0121, measures.dimensions().get(0).variance(), 1e-8);
    assertEquals(0.0081, measures.dimensions().get(1).variance(), 1e-8);
    assertEquals(0, measures.dimensions().get(2).variance());
  }

  // ---- mutual information ----------------------------------------------------------------------

  @Test
  void posteriorsThatAreAllTheSameTellNothing() {
    MutualInformation information =
        MutualInformation.of(line(PRIOR, new int[50], new double[50]), 3);
    assertEquals(0, information.nats(), 1e-12);
    assertEquals(0, information.standardError(), 1e-12);
    assertEquals(Math.log(50), information.ceiling());
    assertEquals(50, information.images());
  }

  @Test
  void posteriorsThatDoNotTouchTellTheImage() {
    double[] means = IntStream.range(0, 50).mapToDouble(i -> 100 * i).toArray();
    MutualInformation information = MutualInformation.of(line(PRIOR, new int[50], means), 3);
    assertEquals(Math.log(50), information.nats(), 1e-9);
  }

  /** Two sets of images that share a posterior each: one bit. */
  @Test
  void imagesThatShareAPosteriorCannotBeToldApart() {
    double[] means = IntStream.range(0, 40).mapToDouble(i -> i < 20 ? -60 : 60).toArray();
    MutualInformation information = MutualInformation.of(line(PRIOR, new int[40], means), 3);
    assertEquals(Math.log(2), information.nats(), 1e-9);
  }

  /**
   * Means drawn from N(0, t^2) around which posteriors are N(m, 1): q(z) comes to N(0, 1 + t^2), so
   * I = 1/2 log(1 + t^2) as the images become many.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 2})
  void overlappingPosteriorsTellWhatTheNormalDistributionSays(double t) {
    var random = new Random(5);
    double[] means = random.doubles(4000).map(x -> t * random.nextGaussian()).toArray();
    MutualInformation information = MutualInformation.of(line(PRIOR, new int[4000], means), 3);
    double expected = 0.5 * Math.log(1 + t * t);
    assertEquals(expected, information.nats(), 4 * information.standardError());
    assertTrue(information.standardError() < 0.02, information.toString());
  }

  @Test
  void manyImagesAreCutToWhatCanBeDone() {
    int many = MutualInformation.MAX_IMAGES + 1;
    MutualInformation information =
        MutualInformation.of(line(-20, new int[many], new double[many]), 3);
    assertEquals(MutualInformation.MAX_IMAGES, information.images());
  }

  // ---- labels ----------------------------------------------------------------------------------

  @Test
  void theNearestNeighboursVote() {
    Posterior train = line(PRIOR, new int[] {1, 1, 2, 2, 2}, 0, 0.1, 1, 1.1, 9);
    // Three neighbours of 0.2: 0.1 (1), 0 (1), 1 (2). Of 0.9: 1, 1.1 (2), 0.1 (1).
    Posterior test = line(PRIOR, new int[] {1, 2, 1}, 0.2, 0.9, 8);
    assertEquals(2 / 3.0, new NearestNeighbours(train, 3).accuracy(test));
  }

  @Test
  void ofEquallyFrequentLabelsTheNearestWins() {
    Posterior train = line(PRIOR, new int[] {1, 2}, 0, 1);
    Posterior test = line(PRIOR, new int[] {1, 2}, 0.4, 0.6);
    assertEquals(1, new NearestNeighbours(train, 2).accuracy(test));
    // More neighbours than there are images are all of them.
    assertEquals(1, new NearestNeighbours(train, 10).accuracy(test));
  }

  @Test
  void ofEquallyDistantImagesTheEarlierIsTheNearer() {
    Posterior train = line(PRIOR, new int[] {7, 3}, 1, -1);
    assertEquals(1, new NearestNeighbours(train, 1).accuracy(line(PRIOR, new int[] {7}, 0)));
  }

  /** Against sorting all distances. */
  @Test
  void theNeighboursAreThoseOfAFullSort() {
    var random = new Random(8);
    int latent = 3;
    float[] means = new float[400 * latent];
    int[] labels = new int[400];
    for (int i = 0; i < 400; i++) {
      labels[i] = random.nextInt(4);
      for (int j = 0; j < latent; j++) {
        means[i * latent + j] = (float) random.nextGaussian() + (j == 0 ? labels[i] : 0);
      }
    }
    Posterior train =
        Posterior.of(
            labelled(Arrays.copyOf(labels, 300)),
            latent,
            Arrays.copyOf(means, 300 * latent),
            new float[300 * latent]);
    int[] testLabels = Arrays.copyOfRange(labels, 300, 400);
    float[] testMeans = Arrays.copyOfRange(means, 300 * latent, 400 * latent);
    Posterior test =
        Posterior.of(labelled(testLabels), latent, testMeans, new float[testMeans.length]);
    int right = 0;
    for (int t = 0; t < 100; t++) {
      int image = t;
      int[] votes = new int[4];
      IntStream.range(0, 300)
          .boxed()
          .sorted(
              Comparator.comparingDouble(
                  i ->
                      IntStream.range(0, latent)
                          .mapToDouble(j -> Math.pow(train.mean(i, j) - test.mean(image, j), 2))
                          .sum()))
          .limit(1)
          .forEach(i -> votes[labels[i]]++);
      right += votes[testLabels[t]];
    }
    assertEquals(right / 100.0, new NearestNeighbours(train, 1).accuracy(test));
    assertTrue(right > 30 && right < 100, right + " right");
  }

  /**
   * Three labels around a fourth, in any rotation and any unit: each pair is told apart by a
   * straight cut, but no cut tells the one in the middle from all the rest.
   */
  @Test
  void theProbeTellsALabelInTheMiddleHoweverTheSpaceIsTurned() {
    int images = 800;
    int[] labels = new int[images];
    double[][] points = new double[images][2];
    for (int i = 0; i < images; i++) {
      labels[i] = i % 4;
      double angle = 2 * Math.PI * (i % 4) / 3;
      double radius = i % 4 == 3 ? 0 : 4;
      int column = i / 4 % 10;
      int row = i / 40;
      points[i][0] = radius * Math.cos(angle) + 0.02 * (column - 4.5);
      points[i][1] = radius * Math.sin(angle) + 0.02 * (row - 9.5);
    }
    for (double turn : new double[] {0, 0.3, Math.PI / 4, 2}) {
      for (double stretch : new double[] {1, 1e-3, 1e3}) {
        double[] first = new double[images];
        double[] second = new double[images];
        for (int i = 0; i < images; i++) {
          first[i] = Math.cos(turn) * points[i][0] - Math.sin(turn) * points[i][1];
          second[i] = stretch * (Math.sin(turn) * points[i][0] + Math.cos(turn) * points[i][1]);
        }
        Posterior turned = plane(labels, first, second);
        assertEquals(1, new LinearProbe(turned).accuracy(turned), turn + ", " + stretch);
      }
    }
  }

  /** A label that a straight cut tells, and one that it does not: the middle of three. */
  @Test
  void theProbeCutsStraight() {
    int[] labels = new int[600];
    double[] two = new double[600];
    for (int i = 0; i < 600; i++) {
      labels[i] = i % 2;
      two[i] = 1000 + (i % 2) + 0.001 * (i / 2 % 300);
    }
    Posterior apart = line(PRIOR, labels, two);
    assertEquals(1, new LinearProbe(apart).accuracy(apart));

    int[] middle = new int[600];
    double[] three = new double[600];
    for (int i = 0; i < 600; i++) {
      three[i] = i % 3;
      middle[i] = i % 3 == 1 ? 1 : 0;
    }
    Posterior nested = line(PRIOR, middle, three);
    assertEquals(2 / 3.0, new LinearProbe(nested).accuracy(nested));
    assertEquals(1, new NearestNeighbours(nested, 10).accuracy(nested));
  }

  @Test
  void aDimensionThatNeverChangesDoesTheProbeNoHarm() {
    Posterior same = line(PRIOR, new int[] {4, 4, 4, 5}, 2, 2, 2, 2);
    assertEquals(0.75, new LinearProbe(same).accuracy(same));
  }

  /** Ten labels, a bin each: the first dimension tells all, the second nothing. */
  @Test
  void labelMigIsOneWhereOneDimensionTellsAll() {
    int[] labels = new int[200];
    float[] means = new float[400];
    for (int i = 0; i < 200; i++) {
      labels[i] = i % 10;
      means[2 * i] = i % 10;
      means[2 * i + 1] = i / 10 % 2; // Half of each label.
    }
    assertEquals(1, LabelGap.of(Posterior.of(labelled(labels), 2, means, new float[400])), 1e-12);
  }

  /** The second dimension tells odd from even: 1 bit of log2(10). */
  @Test
  void labelMigIsTheGapToTheSecondBest() {
    int[] labels = new int[200];
    float[] means = new float[400];
    for (int i = 0; i < 200; i++) {
      labels[i] = i % 10;
      means[2 * i] = i % 2;
      means[2 * i + 1] = i % 10;
    }
    assertEquals(
        1 - Math.log(2) / Math.log(10),
        LabelGap.of(Posterior.of(labelled(labels), 2, means, new float[400])),
        1e-12);
  }

  @Test
  void labelMigOfOneDimensionHasNoSecondBest() {
    assertEquals(1, LabelGap.of(line(PRIOR, new int[] {3, 8}, -1, 1)), 1e-12);
    assertTrue(Double.isNaN(LabelGap.of(line(PRIOR, new int[] {3, 3}, -1, 1))));
  }

  @Test
  void withoutLabelsThereIsTheRest() {
    ImageSet images = ImageSet.withoutLabels(1, 1, new byte[3], 3);
    Posterior posterior = Posterior.of(images, 1, new float[] {1, 2, 3}, new float[3]);
    LatentMeasures measures = LatentMeasures.of(posterior, posterior, 1);
    assertNull(measures.labels());
    assertEquals(1, measures.activeUnits());
  }
}
