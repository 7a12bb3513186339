// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import org.junit.jupiter.api.Test;

/** Measures of few images in two dimensions, against their formulas written out. */
class MeasuresByHandTest {
  private static final long SEED = 4;
  private static final int LATENT = 2;
  private static final float[] MEANS = {0.5f, -1, 1.5f, 0.25f, -0.75f, 2};
  private static final float[] LOG_VARIANCES = {-0.5f, 0.25f, -1, -0.75f, 0.5f, -1.5f};

  private static ImageSet labelled(int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return new ImageSet(1, 1, new byte[labels.length], bytes);
  }

  private static ImageSet bare(int count) {
    return ImageSet.withoutLabels(1, 1, new byte[count], count);
  }

  private static Posterior three() {
    return Posterior.of(labelled(0, 1, 0), LATENT, MEANS, LOG_VARIANCES);
  }

  private static Posterior line(int[] labels, float... means) {
    return Posterior.of(labelled(labels), 1, means, new float[means.length]);
  }

  /** log N(z; m, s^2) over the dimensions of an image. */
  private static double logDensity(int image, float[] z) {
    double log = 0;
    for (int j = 0; j < LATENT; j++) {
      double variance = Math.exp(LOG_VARIANCES[image * LATENT + j]);
      double distance = z[j] - MEANS[image * LATENT + j];
      log -= 0.5 * Math.log(2 * Math.PI * variance) + distance * distance / (2 * variance);
    }
    return log;
  }

  @Test
  void aPosteriorHasTheNormalDensityOfItsImage() {
    Posterior posterior = three();
    float[] z = {0.75f, -0.5f};
    double[] precisions = posterior.precisions();
    for (int image = 0; image < 3; image++) {
      assertEquals(logDensity(image, z), posterior.logDensity(image, z, precisions), 1e-9);
    }
    assertArrayEquals(new float[] {1.5f, 0.25f}, posterior.mean(1));
    assertArrayEquals(new float[] {-0.75f, 2}, posterior.mean(2));
  }

  @Test
  void mutualInformationIsTheMeanOfItsLogRatios() {
    var expected = new Estimate.Builder();
    for (int image = 0; image < 3; image++) {
      float[] noise = new float[LATENT];
      GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, 0, image, noise, 0, LATENT);
      float[] z = new float[LATENT];
      for (int j = 0; j < LATENT; j++) {
        int at = image * LATENT + j;
        z[j] = (float) (MEANS[at] + Math.exp(LOG_VARIANCES[at] / 2.0) * noise[j]);
      }
      double mixture = 0;
      for (int other = 0; other < 3; other++) {
        mixture += Math.exp(logDensity(other, z)) / 3;
      }
      expected.accept(logDensity(image, z) - Math.log(mixture));
    }
    MutualInformation information = MutualInformation.of(three(), SEED);
    assertEquals(expected.build().mean(), information.nats(), 1e-9);
    assertEquals(expected.build().standardError(), information.standardError(), 1e-9);
  }

  /** The nearest one is of label 1, the two behind it are of label 2. */
  @Test
  void theMostFrequentLabelWinsOverTheNearest() {
    Posterior train = line(new int[] {1, 2, 2}, 0, 0.5f, 0.6f);
    Posterior test = line(new int[] {2}, 0.1f);
    assertEquals(1, new NearestNeighbours(train, 3).accuracy(test));
    assertEquals(0, new NearestNeighbours(train, 1).accuracy(test));
    // Two of each: the nearest of them.
    assertEquals(0, new NearestNeighbours(train, 2).accuracy(test));
  }

  @Test
  void ofEquallyDistantAndFrequentLabelsTheEarlierWins() {
    Posterior train = line(new int[] {7, 3}, 1, -1);
    assertEquals(1, new NearestNeighbours(train, 2).accuracy(line(new int[] {7}, 0)));
  }

  /** What tells the label for sure is a millionth of what hints at it. */
  @Test
  void theProbeIsNotMisledByADimensionsScale() {
    int[] labels = new int[400];
    float[] means = new float[800];
    for (int i = 0; i < 400; i++) {
      labels[i] = i % 2;
      means[2 * i] = 0.001f * (i % 2);
      means[2 * i + 1] = 1000f * (i / 2 % 7 - 3) + 300 * (i % 2);
    }
    Posterior posterior = Posterior.of(labelled(labels), 2, means, new float[800]);
    assertEquals(1, new LinearProbe(posterior).accuracy(posterior));
  }

  /** One dimension that tells two of four labels from the other two: ln 2 of ln 4. */
  @Test
  void labelMigOfOneDimensionIsItsShareOfTheEntropy() {
    int[] labels = {0, 1, 2, 3};
    assertEquals(0.5, LabelGap.of(line(labels, -1, -1, 1, 1)), 1e-12);
  }

  @Test
  void labelsAreMeasuredWhereBothSetsHaveThem() {
    Posterior with = three();
    Posterior without = Posterior.of(bare(3), LATENT, MEANS, LOG_VARIANCES);
    LatentMeasures.LabelSeparation labels = LatentMeasures.of(with, with, SEED).labels();
    assertNotNull(labels);
    // Three neighbours of three images: label 0 wins for all of them.
    assertEquals(2 / 3.0, labels.neighbourAccuracy());
    assertEquals(new LinearProbe(with).accuracy(with), labels.probeAccuracy());
    assertEquals(LabelGap.of(with), labels.labelMig());
    assertNull(LatentMeasures.of(with, without, SEED).labels());
    assertNull(LatentMeasures.of(without, with, SEED).labels());
    assertNull(LatentMeasures.of(without, without, SEED).labels());
  }
}
