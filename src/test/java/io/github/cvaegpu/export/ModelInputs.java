// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.SavedModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Images and latent points, and what this program's engine makes of them: what other programs are
 * compared with.
 *
 * @param x (rows, inputs) targets of the images
 * @param z (rows, latent) latent points
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record ModelInputs(
    int rows,
    float[] x,
    float[] z,
    float[] posteriorMean,
    float[] logVariance,
    float[] mean,
    float[] logits) {
  /** Relative above one, absolute below. */
  private static final double TOLERANCE = 1e-5;

  /**
   * Every objective: small and odd networks, the study's, the smallest of all, and one with tanh.
   */
  static List<SavedModel> models() {
    List<SavedModel> models = new ArrayList<>();
    List<Objective> objectives = new ArrayList<>(Objective.ALL);
    objectives.add(Objective.gaussian(Sigma.LEARNED));
    for (Objective objective : objectives) {
      models.add(SavedModels.of(new ImageSize(9, 9), List.of(20), 1, objective));
      models.add(SavedModels.of(new ImageSize(5, 11), List.of(37, 19), 2, objective));
      models.add(SavedModels.of(new ImageSize(28, 28), List.of(400, 50), 2, objective));
      models.add(SavedModels.of(new ImageSize(13, 6), List.of(31, 17, 23), 10, objective));
      models.add(SavedModels.of(new ImageSize(1, 1), List.of(1), 1, objective));
      models.add(withTanh(objective));
    }
    return models;
  }

  static SavedModel withTanh(Objective objective) {
    var network = new NetworkSettings(List.of(37, 19), 2, Activation.TANH);
    return SavedModels.of(new ImageSize(5, 11), network, objective);
  }

  /** Of a model and a number of rows, the same each time. */
  static ModelInputs draw(SavedModel model, int rows) {
    var random = new Random(rows);
    int inputs = model.shape().inputs();
    int latent = model.shape().latent();
    byte[] pixels = new byte[rows * inputs];
    float[] x = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      // Half of them black.
      int value = random.nextBoolean() ? 0 : random.nextInt(256);
      int pixel = model.objective().targets().isDrawn() && value != 0 ? 255 : value;
      pixels[i] = (byte) pixel;
      x[i] = (float) model.objective().targets().of(pixel);
    }
    float[] z = new float[rows * latent];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) (2 * random.nextGaussian());
    }
    var size = model.size().orElseThrow();
    var images = new ImageSet(size.height(), size.width(), pixels, new byte[rows]);
    var drawn =
        new ModelInputs(
            rows,
            x,
            z,
            new float[rows * latent],
            new float[rows * latent],
            new float[rows * inputs],
            new float[rows * inputs]);
    try (var cpu = new CpuAccelerator(1);
        var engine = model.model(cpu)) {
      engine.encode(images, 0, rows, drawn.posteriorMean, drawn.logVariance);
      engine.decode(z, rows, drawn.mean);
      engine.logits(z, rows, drawn.logits, new float[rows]);
    }
    return drawn;
  }

  static void assertClose(String what, float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(actual[i] - (double) expected[i]);
      assertTrue(
          error <= TOLERANCE * Math.max(1, Math.abs(expected[i])),
          String.format(Locale.ROOT, "%s[%d]: %s, not %s", what, i, actual[i], expected[i]));
    }
  }
}
