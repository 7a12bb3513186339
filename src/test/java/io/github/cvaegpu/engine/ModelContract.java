// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.RandomImages;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine's models are held to, beside what accelerators are. */
abstract class ModelContract extends AcceleratorContract {
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100, 700})
  void encodesAndScoresLikeTheReference(int samples) {
    assertEncodesAndScoresLikeTheReference(new VaeShape(99, List.of(40, 17), 3), samples);
  }

  /**
   * Of images of 9 x 11 pixels.
   *
   * @param shape of 3 latent dimensions
   */
  final void assertEncodesAndScoresLikeTheReference(VaeShape shape, int samples) {
    // In parts that no engine takes at once.
    int count = samples < 100 ? 1100 : 5;
    ImageSet images = RandomImages.of(count + 4, 9, 11, 0.3, SEED);
    float[] parameters = weights(shape, SEED);
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      float[] mean = new float[count * 3];
      float[] logVariance = new float[count * 3];
      model.encode(images, 2, count, mean, logVariance);
      float[] z = points(count * samples, 3);
      float[] loss = new float[count * samples];
      model.reconstructionLoss(images, 2, count, samples, z, loss);

      var reference = new ReferenceVae(shape);
      for (int i = 0; i < count; i++) {
        for (int k = 0; k < samples; k += 50) {
          int row = i * samples + k;
          double[][] x = {pixels(images, 2 + i)};
          // The reference samples z = mean + deviation * noise: choose the noise that gives our z.
          double[][] zero = {new double[3]};
          ReferenceVae.Step posterior =
              reference.step(ReferenceVae.toDouble(parameters), x, zero, 1);
          double[][] noise = {new double[3]};
          for (int j = 0; j < 3; j++) {
            double deviation = Math.exp(posterior.logVariance()[0][j] / 2);
            noise[0][j] = (z[row * 3 + j] - posterior.mean()[0][j]) / deviation;
            assertEquals(posterior.mean()[0][j], mean[i * 3 + j], 1e-5);
            assertEquals(posterior.logVariance()[0][j], logVariance[i * 3 + j], 1e-5);
          }
          ReferenceVae.Step scored = reference.step(ReferenceVae.toDouble(parameters), x, noise, 1);
          assertRelative("loss", scored.reconstructionLoss(), loss[row]);
        }
      }
    }
  }

  private static double[] pixels(ImageSet images, int image) {
    double[] pixels = new double[images.imageSize()];
    for (int p = 0; p < pixels.length; p++) {
      pixels[p] = (images.pixels()[image * pixels.length + p] & 0xFF) / 255.0;
    }
    return pixels;
  }

  /** More points than are taken at once, and sizes that nothing divides. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1",
    "5, 7, 19, 2, 7",
    "9, 11, 130;47, 3, 2100",
    "6, 6, 24;20;13, 17, 300",
    "28, 28, 400;50, 2, 131",
  })
  void decodesLikeTheDecoder(int height, int width, String widths, int latent, int count) {
    List<Integer> hidden = Arrays.stream(widths.split(";")).map(Integer::valueOf).toList();
    assertDecodesLikeTheDecoder(new VaeShape(height * width, hidden, latent), count);
  }

  final void assertDecodesLikeTheDecoder(VaeShape shape, int count) {
    int latent = shape.latent();
    // Large enough that some pixels are all but black or white.
    float[] parameters = weights(shape, SEED);
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] *= 3;
    }
    var decoder = new Decoder(Likelihood.BERNOULLI, new ParameterLayout(shape), parameters);
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      float[] z = points(count, latent);
      float[] mean = new float[count * shape.inputs()];
      model.decode(z, count, mean);
      float[] logits = new float[count * shape.inputs()];
      float[] logPartition = new float[count];
      model.logits(z, count, logits, logPartition);
      for (int i = 0; i < count; i++) {
        double black = 0;
        for (int p = i * shape.inputs(); p < (i + 1) * shape.inputs(); p++) {
          assertEquals(1 / (1 + Math.exp(-(double) logits[p])), mean[p], 1e-6, "pixel " + p);
          black += Likelihood.BERNOULLI.loss(logits[p], 0, 1);
        }
        assertEquals(black, logPartition[i], 1e-5 * black, "point " + i);
      }
      for (int i = 0; i < count; i++) {
        assertArrayEquals(
            decoder.decode(Arrays.copyOfRange(z, i * latent, (i + 1) * latent)),
            Arrays.copyOfRange(mean, i * shape.inputs(), (i + 1) * shape.inputs()),
            1e-5f,
            "point " + i);
      }
    }
  }

  /** What is decoded is what is scored: the loss is the cross-entropy with the mean. */
  @Test
  void theMeanIsWhatTheLossIsOf() {
    ImageSet images = images(6);
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, 7))) {
      float[] z = points(6, 2);
      float[] mean = new float[6 * 35];
      float[] loss = new float[6];
      model.decode(z, 6, mean);
      model.reconstructionLoss(images, 0, 6, 1, z, loss);
      for (int i = 0; i < 6; i++) {
        double expected = 0;
        for (int p = 0; p < 35; p++) {
          double x = pixels(images, i)[p];
          double m = mean[i * 35 + p];
          expected -= x * Math.log(m) + (1 - x) * Math.log(1 - m);
        }
        assertEquals(expected, loss[i], 1e-4 * expected);
      }
    }
  }

  @Test
  void meansAreFiniteForAnyFiniteLogit() {
    var shape = new VaeShape(10, List.of(1), 1);
    var layout = new ParameterLayout(shape);
    float[] logits = {0, -0f, 1e-30f, 90, -90, 1e4f, -1e4f, 3e38f, -3e38f, Float.MIN_VALUE};
    float[] parameters = new float[layout.size()];
    System.arraycopy(logits, 0, parameters, layout.decoder().getLast().bias(), logits.length);
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(shape, Objective.study(), parameters)) {
      float[] mean = new float[10];
      model.decode(new float[1], 1, mean);
      for (int i = 0; i < logits.length; i++) {
        assertEquals(1 / (1 + Math.exp(-(double) logits[i])), mean[i], 1e-6, "at " + logits[i]);
      }
      // Themselves are given as they are.
      float[] logPartition = new float[1];
      model.logits(new float[1], 1, mean, logPartition);
      assertArrayEquals(logits, mean, 0);
      assertEquals(3e38f, logPartition[0], 1e33f);
    }
  }

  @Test
  void aParameterThatIsNoNumberShowsInTheMean() {
    var layout = new ParameterLayout(SMALL);
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      if (tensor.name().startsWith("decoder")) {
        float[] broken = weights(SMALL, SEED);
        Arrays.fill(broken, tensor.offset(), tensor.offset() + tensor.size(), Float.NaN);
        try (Accelerator accelerator = create(8);
            VaeModel model = accelerator.model(SMALL, Objective.study(), broken)) {
          float[] mean = new float[35];
          model.decode(points(1, 2), 1, mean);
          assertTrue(Float.isNaN(mean[0]), tensor.name());
        }
      }
    }
  }

  @Test
  void noImagesAreNoWork() {
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, SEED))) {
      model.encode(images(3), 3, 0, new float[0], new float[0]);
      model.decode(new float[0], 0, new float[0]);
      model.logits(new float[0], 0, new float[0], new float[0]);
      model.reconstructionLoss(images(3), 0, 0, 2, new float[0], new float[0]);
    }
  }

  @Test
  void saysWhatItIsOf() {
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, SEED))) {
      assertEquals(SMALL, model.shape());
      assertEquals(accelerator.info(), model.info());
    }
  }

  // ---- what is refused -------------------------------------------------------------------------

  @Test
  void refusesArraysOfAnotherLength() {
    ImageSet images = images(5);
    float[] four = new float[4];
    float[] five = new float[5];
    float[] pixels = new float[2 * 35];
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, SEED))) {
      assertRefused(() -> model.encode(images, 0, 2, five, four));
      assertRefused(() -> model.encode(images, 0, 2, four, five));
      assertRefused(() -> model.encode(images, 0, 2, new float[3], four));
      assertRefused(() -> model.decode(five, 2, pixels));
      assertRefused(() -> model.decode(four, 2, new float[2 * 35 - 1]));
      assertRefused(() -> model.decode(four, 2, new float[2 * 35 + 1]));
      assertRefused(() -> model.logits(five, 2, pixels, new float[2]));
      assertRefused(() -> model.logits(four, 2, new float[2 * 35 + 1], new float[2]));
      assertRefused(() -> model.logits(four, 2, pixels, new float[1]));
      assertRefused(() -> model.reconstructionLoss(images, 0, 1, 2, five, new float[2]));
      assertRefused(() -> model.reconstructionLoss(images, 0, 1, 2, four, new float[3]));
      model.encode(images, 0, 2, four, new float[4]);
      model.decode(four, 2, pixels);
      model.reconstructionLoss(images, 0, 1, 2, four, new float[2]);
    }
  }

  @Test
  void refusesImagesThatThereAreNot() {
    ImageSet images = images(5);
    ImageSet others = RandomImages.of(5, 5, 6, 0.4, SEED);
    float[] two = new float[2];
    try (Accelerator accelerator = create(8);
        VaeModel model = accelerator.model(SMALL, Objective.study(), weights(SMALL, SEED))) {
      assertRefused(() -> model.encode(images, -1, 1, two, two));
      assertRefused(() -> model.encode(images, 5, 1, two, two));
      assertRefused(() -> model.encode(images, 0, -1, two, two));
      assertRefused(() -> model.encode(others, 0, 1, two, two));
      assertRefused(() -> model.decode(two, -1, two));
      assertRefused(() -> model.logits(two, -1, two, two));
      assertRefused(() -> model.reconstructionLoss(images, 5, 1, 1, two, new float[1]));
      assertRefused(() -> model.reconstructionLoss(others, 0, 1, 1, two, new float[1]));
      assertRefused(() -> model.reconstructionLoss(images, 0, 1, 0, new float[0], new float[0]));
      var settings = settings(4);
      assertRefused(() -> accelerator.trainee(SMALL, settings, others));
      int parameters = new ParameterLayout(SMALL).size();
      assertRefused(() -> accelerator.model(SMALL, Objective.study(), new float[parameters - 1]));
      assertRefused(() -> accelerator.model(SMALL, Objective.study(), new float[parameters + 1]));
    }
  }

  private static void assertRefused(Executable call) {
    assertThrows(IllegalArgumentException.class, call);
  }
}
