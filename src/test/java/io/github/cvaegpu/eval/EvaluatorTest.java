// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against models whose bounds are known in closed form. */
class EvaluatorTest {
  private static final long SEED = 11;

  /** Images of two pixels; the first is the number of the image, so that a model can tell them. */
  private static ImageSet images(int count) {
    byte[] pixels = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      pixels[2 * i] = (byte) i;
      pixels[2 * i + 1] = (byte) (i >> 8);
    }
    return new ImageSet(1, 2, pixels, new byte[count]);
  }

  private static int number(ImageSet images, int image) {
    return (images.pixels()[2 * image] & 0xFF) + ((images.pixels()[2 * image + 1] & 0xFF) << 8);
  }

  /** A model by its posterior and its decoder. */
  private abstract static class Toy implements VaeModel {
    private final int latent;
    private final VaeShape shape;

    Toy(int latent) {
      this.latent = latent;
      shape = new VaeShape(2, List.of(1), latent);
    }

    abstract float mean(int image);

    abstract float logVariance(int image);

    abstract double loss(int image, float[] z, int offset);

    Evaluation evaluate(ImageSet images, int samples) {
      return new Evaluator(this, SEED).evaluate(images, samples);
    }

    @Override
    public void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance) {
      for (int i = 0; i < count * latent; i++) {
        int image = number(images, first + i / latent);
        mean[i] = mean(image);
        logVariance[i] = logVariance(image);
      }
    }

    @Override
    public void reconstructionLoss(
        ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
      assertEquals(count * samples * latent, z.length);
      for (int i = 0; i < count * samples; i++) {
        loss[i] = (float) loss(number(images, first + i / samples), z, i * latent);
      }
    }

    @Override
    public EngineInfo info() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void decode(float[] z, int count, float[] mean) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void logits(float[] z, int count, float[] logits, float[] logPartition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public VaeShape shape() {
      return shape;
    }

    @Override
    public void close() {}
  }

  /** The posterior is the prior and the decoder ignores z: every bound is -loss(image). */
  private static final class Blind extends Toy {
    Blind() {
      super(3);
    }

    @Override
    float mean(int image) {
      return 0;
    }

    @Override
    float logVariance(int image) {
      return 0;
    }

    @Override
    double loss(int image, float[] z, int offset) {
      return 1000 + image;
    }
  }

  /**
   * One latent dimension, x = z + noise of variance 1, with x from 0 to 2.9: z given x is normal
   * with mean x / 2 and variance 1 / 2, and x is normal with variance 2.
   */
  private static final class LinearGaussian extends Toy {
    private final double meanOffset;
    private final double variance;

    LinearGaussian(double meanOffset, double variance) {
      super(1);
      this.meanOffset = meanOffset;
      this.variance = variance;
    }

    static double x(int image) {
      return image % 30 / 10.0;
    }

    /** log p(x). */
    static double evidence(int image) {
      return -0.5 * (Math.log(2 * Math.PI * 2) + x(image) * x(image) / 2);
    }

    static double meanEvidence(int images) {
      double sum = 0;
      for (int i = 0; i < images; i++) {
        sum += evidence(i);
      }
      return sum / images;
    }

    @Override
    float mean(int image) {
      return (float) (x(image) / 2 + meanOffset);
    }

    @Override
    float logVariance(int image) {
      return (float) Math.log(variance);
    }

    @Override
    double loss(int image, float[] z, int offset) {
      double distance = x(image) - z[offset];
      return 0.5 * (Math.log(2 * Math.PI) + distance * distance);
    }
  }

  /** Two latent dimensions, whose posterior is another for each image. */
  private static final class TwoDimensional extends Toy {
    TwoDimensional() {
      super(2);
    }

    @Override
    float mean(int image) {
      return 0.5f * image - 1;
    }

    @Override
    float logVariance(int image) {
      return 0.25f * image - 0.75f;
    }

    @Override
    double loss(int image, float[] z, int offset) {
      return image + 2 * Math.abs(z[offset]) + z[offset + 1] * z[offset + 1];
    }
  }

  /** Against the definitions, written out image by image and sample by sample. */
  @Test
  void everyDimensionImageAndSampleHasItsPart() {
    int images = 5;
    int samples = 3;
    var toy = new TwoDimensional();
    double rl = 0;
    double kl = 0;
    double bound = 0;
    double effective = 0;
    for (int i = 0; i < images; i++) {
      double m = toy.mean(i);
      double s = toy.logVariance(i);
      kl += (m * m + Math.exp(s) - s - 1) / images; // Half of it in each of two dimensions.
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < samples; k++) {
        float[] z = new float[2];
        GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, k, i, z, 0, 2);
        double logWeight = 0;
        for (int j = 0; j < 2; j++) {
          double noise = z[j];
          z[j] = (float) (m + Math.exp(s / 2) * noise);
          // log p(z) - log q(z|x); both densities have 2 pi.
          logWeight += -0.5 * z[j] * z[j] + 0.5 * (noise * noise + s);
        }
        double loss = (float) toy.loss(i, z, 0);
        rl += loss / samples / images;
        double weight = Math.exp(logWeight - loss);
        sum += weight;
        squares += weight * weight;
      }
      bound += Math.log(sum / samples) / images;
      effective += sum * sum / squares / images;
    }
    Evaluation evaluation = toy.evaluate(images(images), samples);
    assertEquals(rl, evaluation.reconstructionLoss().mean(), 1e-6);
    assertEquals(kl, evaluation.klDivergence().mean(), 1e-9);
    assertEquals(-(rl + kl), evaluation.elbo().mean(), 1e-6);
    assertEquals(bound, evaluation.importanceWeightedBound().mean(), 1e-6);
    assertEquals(effective, evaluation.effectiveSampleSize(), 1e-6);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100})
  void aDecoderThatIgnoresItsInput(int samples) {
    Evaluation evaluation = new Blind().evaluate(images(5), samples);
    assertEquals(5, evaluation.images());
    assertEquals(samples, evaluation.samples());
    assertEquals(1002, evaluation.reconstructionLoss().mean(), 1e-9);
    assertEquals(0, evaluation.klDivergence().mean(), 1e-12);
    assertEquals(-1002, evaluation.elbo().mean(), 1e-9);
    assertEquals(-1002, evaluation.importanceWeightedBound().mean(), 1e-4);
    // All weights are the same but for the rounding of a latent point to a float.
    assertEquals(samples, evaluation.effectiveSampleSize(), 1e-3);
    // 0, 1, 2, 3, 4: variance 10 / 4.
    double error = Math.sqrt(2.5 / 5);
    assertEquals(error, evaluation.reconstructionLoss().standardError(), 1e-9);
    assertEquals(error, evaluation.elbo().standardError(), 1e-9);
    assertEquals(error, evaluation.importanceWeightedBound().standardError(), 1e-4);
    assertEquals(0, evaluation.klDivergence().standardError(), 1e-12);
  }

  @Test
  void oneImageHasNoStandardError() {
    Evaluation evaluation = new Blind().evaluate(images(1), 2);
    assertEquals(-1000, evaluation.elbo().mean(), 1e-9);
    assertEquals(0, evaluation.elbo().standardError());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 50})
  void underTheTruePosteriorEveryBoundIsTheEvidence(int samples) {
    Evaluation evaluation = new LinearGaussian(0, 0.5).evaluate(images(30), samples);
    double evidence = LinearGaussian.meanEvidence(30);
    assertEquals(evidence, evaluation.importanceWeightedBound().mean(), 1e-5);
    assertEquals(samples, evaluation.effectiveSampleSize(), 1e-3);
    // KL((x / 2, 1 / 2) || (0, 1)), averaged over x = 0, 0.1, ..., 2.9.
    double squares = 0;
    for (int i = 0; i < 30; i++) {
      squares += Math.pow(LinearGaussian.x(i) / 2, 2);
    }
    double kl = 0.5 * (squares / 30 + 0.5 - Math.log(0.5) - 1);
    assertEquals(kl, evaluation.klDivergence().mean(), 1e-6);
  }

  @Test
  void underAnotherPosteriorTheBoundsAreApartAndGrowWithTheSamples() {
    int count = 3000;
    var model = new LinearGaussian(0.4, 0.9);
    double evidence = LinearGaussian.meanEvidence(count);
    Evaluation one = model.evaluate(images(count), 1);
    double last = Double.NEGATIVE_INFINITY;
    for (int samples : new int[] {1, 4, 16, 64}) {
      Evaluation evaluation = model.evaluate(images(count), samples);
      double bound = evaluation.importanceWeightedBound().mean();
      assertTrue(bound > last, samples + " samples: " + bound + " after " + last);
      last = bound;
      assertTrue(evaluation.effectiveSampleSize() >= 1);
      assertTrue(evaluation.effectiveSampleSize() <= samples);
      if (samples > 1) {
        assertTrue(bound > evaluation.elbo().mean());
        assertTrue(evaluation.effectiveSampleSize() < samples);
      }
    }
    assertEquals(evidence, last, 0.01);
    // ELBO = evidence - KL(q || posterior), the same for every x.
    double gap = 0.5 * (0.9 / 0.5 + 0.4 * 0.4 / 0.5 - 1 - Math.log(0.9 / 0.5));
    double elbo = model.evaluate(images(count), 100).elbo().mean();
    assertEquals(evidence - gap, elbo, 0.01);
    assertEquals(1, one.effectiveSampleSize(), 1e-12);
  }

  /**
   * x = z + noise, both standard normal, under a posterior that is wrong: log p(x) is that of N(0,
   * 2), and the bound of 5,000 samples comes to it.
   */
  @Test
  void manySamplesComeToTheEvidence() {
    ImageSet images = images(40);
    Toy toy =
        new Toy(1) {
          private double x(int image) {
            return image / 10.0 - 2;
          }

          @Override
          float mean(int image) {
            return (float) (0.3 * x(image));
          }

          @Override
          float logVariance(int image) {
            return 0;
          }

          @Override
          double loss(int image, float[] z, int offset) {
            double difference = x(image) - z[offset];
            return 0.5 * (difference * difference + Math.log(2 * Math.PI));
          }
        };
    double evidence = 0;
    for (int image = 0; image < 40; image++) {
      double x = image / 10.0 - 2;
      evidence -= 0.5 * (x * x / 2 + Math.log(4 * Math.PI)) / 40;
    }
    Evaluation evaluation = toy.evaluate(images, 5000);
    // A weight varies by its own size: 1 / sqrt(5000) an image, less over 40 of them.
    assertEquals(evidence, evaluation.importanceWeightedBound().mean(), 0.01);
    assertTrue(evaluation.elbo().mean() < evidence - 0.1, evaluation.toString());
    assertTrue(evaluation.effectiveSampleSize() > 2000, evaluation.toString());
  }

  @Test
  void everyImageHasItsLossAndEveryLabelItsMean() {
    ImageSet images = new ImageSet(1, 2, images(6).pixels(), new byte[] {4, 4, 9, 4, 9, 4});
    ImageScores scores = new Evaluator(new Blind(), SEED).score(images, 2);
    assertEquals(1005, scores.reconstructionLoss(5));
    assertEquals(new Estimate(1003, 1), scores.reconstructionLoss(images, 9));
    assertTrue(Double.isNaN(scores.reconstructionLoss(images, 1).mean()));
    assertEquals(new Evaluator(new Blind(), SEED).evaluate(images, 2), scores.evaluation());
  }

  @Test
  void theNoiseIsAddressedByImageAndSample() {
    int count = 3000;
    int samples = 5;
    var points = new float[count][samples];
    var places = new int[count];
    Toy model =
        new Toy(1) {
          @Override
          float mean(int image) {
            return 0;
          }

          @Override
          float logVariance(int image) {
            return 0;
          }

          @Override
          double loss(int image, float[] z, int offset) {
            points[image][places[image]++] = z[offset];
            return 0;
          }
        };
    // More than one chunk: 3000 images of 5 samples are 15000 points.
    model.evaluate(images(count), samples);
    float[] noise = new float[1];
    for (int image = 0; image < count; image++) {
      for (int k = 0; k < samples; k++) {
        GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, k, image, noise, 0, 1);
        assertEquals(noise[0], points[image][k]);
      }
    }
  }

  @Test
  void chunksDoNotShow() {
    var model = new LinearGaussian(0.4, 0.9);
    // 8192 points are scored at a time: 2730 images of 3 samples, and each of 9000 alone.
    Evaluation all = model.evaluate(images(3000), 3);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 3000; i++) {
      double expected = boundOfOne(model, i, 3);
      sum += expected;
      squares += expected * expected;
    }
    double mean = sum / 3000;
    double variance = (squares - sum * mean) / 2999;
    assertEquals(mean, all.importanceWeightedBound().mean(), 1e-5);
    assertEquals(Math.sqrt(variance / 3000), all.importanceWeightedBound().standardError(), 1e-6);
    Evaluation many = model.evaluate(images(2), 9000);
    double manyExpected = (boundOfOne(model, 0, 9000) + boundOfOne(model, 1, 9000)) / 2;
    assertEquals(manyExpected, many.importanceWeightedBound().mean(), 1e-5);
  }

  /** However many samples there are, and of any latent size, no more than these are held. */
  @Test
  void samplesAreDrawnInParts() {
    int latent = 40;
    List<Integer> calls = new ArrayList<>();
    Toy toy =
        new Toy(latent) {
          @Override
          float mean(int image) {
            return 0;
          }

          @Override
          float logVariance(int image) {
            return 0;
          }

          @Override
          double loss(int image, float[] z, int offset) {
            return z[offset + latent - 1];
          }

          @Override
          public void reconstructionLoss(
              ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
            calls.add(count * samples);
            super.reconstructionLoss(images, first, count, samples, z, loss);
          }
        };
    int samples = 20_000;
    Evaluation evaluation = toy.evaluate(images(2), samples);
    assertEquals(List.of(8192, 8192, 3616, 8192, 8192, 3616), calls);
    // The posterior is the prior, so that a weight is e^-z: of many, 1/2 is the log of the mean.
    double expected = 0;
    double loss = 0;
    float[] noise = new float[latent];
    for (int image = 0; image < 2; image++) {
      double sum = 0;
      for (int k = 0; k < samples; k++) {
        GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, k, image, noise, 0, latent);
        sum += Math.exp(-noise[latent - 1]);
        loss += noise[latent - 1] / (2.0 * samples);
      }
      expected += Math.log(sum / samples) / 2;
    }
    assertEquals(expected, evaluation.importanceWeightedBound().mean(), 1e-6);
    assertEquals(0.5, expected, 0.03);
    assertEquals(loss, evaluation.reconstructionLoss().mean(), 1e-6);
  }

  /** The definition: the log of the mean of p(x | z) p(z) / q(z | x). */
  private static double boundOfOne(LinearGaussian model, int image, int samples) {
    float[] noise = new float[1];
    double sum = 0;
    double mean = model.mean(image);
    double deviation = Math.exp(model.logVariance(image) / 2.0);
    for (int k = 0; k < samples; k++) {
      GaussianNoise.row(SEED, RandomPurpose.EVALUATION_NOISE, k, image, noise, 0, 1);
      float z = (float) (mean + deviation * noise[0]);
      double prior = Math.exp(-0.5 * z * z);
      double posterior = Math.exp(-0.5 * noise[0] * noise[0]) / deviation;
      sum += Math.exp(-model.loss(image, new float[] {z}, 0)) * prior / posterior;
    }
    return Math.log(sum / samples);
  }

  @Test
  void thereHasToBeASample() {
    assertThrows(IllegalArgumentException.class, () -> new Blind().evaluate(images(2), 0));
  }
}
