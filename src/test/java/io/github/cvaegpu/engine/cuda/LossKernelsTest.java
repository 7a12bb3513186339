// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** loss.cu against each likelihood's formulas in double. */
@ExtendWith(OnGpu.Checked.class)
class LossKernelsTest {
  private static final List<Objective> OBJECTIVES =
      List.of(
          Objective.study(),
          new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY),
          Objective.gaussian(Sigma.of(0.3)));

  private static LossLaunches loss(Gpu gpu, Objective objective) {
    float[] logSigma = {(float) Math.log(objective.deviation())};
    return gpu.kernels.loss(objective.likelihood()).with(gpu.input(logSigma, 1).data());
  }

  @ParameterizedTest(name = "batch {0}, {1} pixels, {2} samples after {3}")
  @CsvSource({"1, 784, 1, 0", "7, 3, 2, 1", "37, 203, 5, 3", "96, 50, 3, 2", "128, 784, 1, 0"})
  void agreesWithTheFormulas(int rows, int inputs, int samples, int skipped) {
    for (Objective objective : OBJECTIVES) {
      agreesWithTheFormulas(objective, rows, inputs, samples, skipped);
    }
  }

  private static void agreesWithTheFormulas(
      Objective objective, int rows, int inputs, int samples, int skipped) {
    try (var gpu = new Gpu(rows + 31L * inputs)) {
      float[] products = gpu.normals(rows * inputs);
      float[] bias = gpu.normals(inputs);
      int images = Math.ceilDiv(rows + skipped, samples);
      float[] x = intensities(gpu.normals(Math.max(rows, images) * inputs));
      CudaLayer layer = gpu.layer(gpu.normals(inputs), bias);
      DeviceMatrix deviceProducts = gpu.input(products, inputs);
      DeviceMatrix deviceX = gpu.input(x, inputs);

      DevicePointer inference = gpu.output(rows);
      loss(gpu, objective)
          .forward(gpu.stream, layer, deviceProducts, deviceX, samples, skipped, rows, inference);
      gpu.assertNear(
          "loss of samples",
          losses(objective, products, bias, x, rows, samples, skipped),
          inference);

      DeviceMatrix means = gpu.input(products, inputs);
      loss(gpu, objective).mean(gpu.stream, layer, rows, means);
      gpu.assertNear("mean", means(objective, products, bias), means.data());

      DevicePointer training = gpu.output(rows);
      loss(gpu, objective)
          .forwardBackward(gpu.stream, layer, deviceX, rows, deviceProducts, training);
      gpu.assertNear("loss", losses(objective, products, bias, x, rows, 1, 0), training);
      gpu.assertNear(
          "gradient", gradients(objective, products, bias, x, rows), deviceProducts.data());
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GAUSSIAN")
  void staysFiniteForAnyFiniteLogit(Likelihood likelihood) {
    var objective = new Objective(likelihood, Targets.GREY);
    float[] logits = {0, -0f, 1e-30f, 90, -90, 1e4f, -1e4f, 3e38f, -3e38f, Float.MIN_VALUE};
    float[] x = {0.5f, 0, 1, 1, 0, 1, 0, 1, 0, 0.25f};
    try (var gpu = new Gpu(1)) {
      CudaLayer layer = gpu.layer(new float[1], new float[1]);
      DeviceMatrix products = gpu.input(logits, 1);
      DevicePointer loss = gpu.output(logits.length);
      loss(gpu, objective)
          .forwardBackward(gpu.stream, layer, gpu.input(x, 1), logits.length, products, loss);
      DeviceMatrix means = gpu.input(logits, 1);
      loss(gpu, objective).mean(gpu.stream, layer, logits.length, means);
      float[] mean = gpu.read(means.data(), logits.length);
      float[] losses = gpu.read(loss, logits.length);
      float[] gradients = gpu.read(products.data(), logits.length);
      for (int i = 0; i < logits.length; i++) {
        double expected = objective.loss(logits[i], x[i]);
        assertEquals(
            expected, losses[i], 1e-6 * Math.max(1, Math.abs(expected)), "loss of " + logits[i]);
        assertEquals(
            objective.gradient(logits[i], x[i]), gradients[i], 1e-6, "gradient of " + logits[i]);
        assertEquals(objective.likelihood().mean(logits[i]), mean[i], 1e-6, "mean of " + logits[i]);
      }
    }
  }

  /** Squares of large numbers are infinite, and told as such: neither NaN nor the largest float. */
  @Test
  void aGaussiansOverflowShows() {
    float[] logits = {1e30f, -1e30f, 3e38f, -3e38f, 1e18f};
    try (var gpu = new Gpu(1)) {
      LossLaunches launches = loss(gpu, Objective.gaussian(Sigma.of(0.3)));
      CudaLayer layer = gpu.layer(new float[1], new float[1]);
      DeviceMatrix products = gpu.input(logits, 1);
      DevicePointer training = gpu.output(logits.length);
      DevicePointer inference = gpu.output(logits.length);
      DeviceMatrix x = gpu.input(new float[] {0, 1, 0.5f, 0, 1}, 1);
      launches.forward(gpu.stream, layer, products, x, 1, 0, logits.length, inference);
      launches.forwardBackward(gpu.stream, layer, x, logits.length, products, training);
      float[] gradients = gpu.read(products.data(), logits.length);
      for (DevicePointer loss : List.of(training, inference)) {
        float[] losses = gpu.read(loss, logits.length);
        for (int i = 0; i < 4; i++) {
          assertEquals(Float.POSITIVE_INFINITY, losses[i], "loss of " + logits[i]);
        }
        // The last that is left below the largest float.
        assertEquals(1e36 / 0.18, losses[4], 1e-6 * 1e37);
      }
      assertEquals(1e30 / 0.09, gradients[0], 1e-6 * 1e32);
      assertEquals(-1e30 / 0.09, gradients[1], 1e-6 * 1e32);
      assertEquals(Float.POSITIVE_INFINITY, gradients[2]);
      assertEquals(Float.NEGATIVE_INFINITY, gradients[3]);
    }
  }

  /** Both sides of 0 and of where the series end, near to them and far. */
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-20, 2, 50, 1e6})
  void theContinuousBernoulliIsRightToItsLastDigits(double to) {
    int count = 1000;
    float[] logits = new float[count + 6];
    for (int i = 0; i < count; i++) {
      logits[i] = (float) (to * (2 * i - count + 0.5) / count);
    }
    for (int i = 0; i < 3; i++) {
      float end = new float[] {1, Math.nextUp(1f), Math.nextDown(1f)}[i];
      logits[count + 2 * i] = end;
      logits[count + 2 * i + 1] = -end;
    }
    Likelihood likelihood = Likelihood.CONTINUOUS_BERNOULLI;
    try (var gpu = new Gpu(1)) {
      LossLaunches launches = loss(gpu, new Objective(likelihood, Targets.GREY));
      CudaLayer layer = gpu.layer(new float[1], new float[1]);
      DeviceMatrix black = gpu.input(new float[logits.length], 1);
      DevicePointer loss = gpu.output(logits.length);
      DeviceMatrix products = gpu.input(logits, 1);
      launches.forward(gpu.stream, layer, products, black, 1, 0, logits.length, loss);
      launches.mean(gpu.stream, layer, logits.length, products);
      float[] losses = gpu.read(loss, logits.length);
      float[] means = gpu.read(products.data(), logits.length);
      for (int i = 0; i < logits.length; i++) {
        double normaliser = likelihood.loss(logits[i], 0, 1);
        assertEquals(normaliser, losses[i], 5 * Math.ulp((float) normaliser), "A of " + logits[i]);
        double mean = likelihood.mean(logits[i]);
        assertEquals(mean, means[i], 4 * Math.ulp((float) mean), "mean of " + logits[i]);
      }
    }
  }

  /** A sum of a few rows and of more than a block has threads. */
  @ParameterizedTest
  @ValueSource(ints = {1, 37, 300})
  void theGradientByLogSigmaIsOfAllPixels(int rows) {
    int inputs = 784;
    double sigma = 0.3;
    try (var gpu = new Gpu(rows)) {
      float[] losses = gpu.normals(rows);
      double sum = 0;
      for (int r = 0; r < rows; r++) {
        losses[r] = losses[r] * 50 - 200;
        sum += losses[r];
      }
      DevicePointer gradient = gpu.output(1);
      loss(gpu, Objective.gaussian(Sigma.of(sigma)))
          .logSigmaGradient(gpu.stream, gpu.input(losses, 1).data(), rows, inputs, gradient);
      double n = (double) rows * inputs;
      double squares = sum - n * (Math.log(sigma) + Math.log(2 * Math.PI) / 2);
      assertEquals(n - 2 * squares, gpu.read(gradient, 1)[0], 1e-6 * n);
    }
  }

  private static float[] intensities(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(255 * Math.min(1, Math.max(0, values[i]))) / 255f;
    }
    return values;
  }

  private static double[] losses(
      Objective objective,
      float[] products,
      float[] bias,
      float[] x,
      int rows,
      int samples,
      int skipped) {
    int inputs = bias.length;
    double[] losses = new double[rows];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < inputs; c++) {
        double target = x[(r + skipped) / samples * inputs + c];
        losses[r] += objective.loss((double) products[r * inputs + c] + bias[c], target);
      }
    }
    return losses;
  }

  private static double[] means(Objective objective, float[] products, float[] bias) {
    double[] means = new double[products.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = objective.likelihood().mean((double) products[i] + bias[i % bias.length]);
    }
    return means;
  }

  private static double[] gradients(
      Objective objective, float[] products, float[] bias, float[] x, int rows) {
    double[] gradients = new double[rows * bias.length];
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] = objective.gradient((double) products[i] + bias[i % bias.length], x[i]);
    }
    return gradients;
  }
}
