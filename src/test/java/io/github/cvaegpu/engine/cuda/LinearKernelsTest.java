// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.Activation;
import java.util.Arrays;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** linear.cu, and cuBLAS with its epilogues, against the formulas in double. */
@ExtendWith(OnGpu.Checked.class)
class LinearKernelsTest {
  /** Sizes that no tile divides, and those of the study; none is square. */
  @ParameterizedTest(name = "batch {0}, {1} -> {2}, cuBLAS {3}")
  @CsvSource({
    "1, 784, 400, false",
    "7, 3, 50, false",
    "37, 203, 3, false",
    "96, 400, 50, false",
    "128, 50, 400, false",
    "128, 1, 203, false",
    "37, 784, 1, false",
    "1, 784, 400, true",
    "7, 3, 50, true",
    "37, 203, 3, true",
    "96, 400, 50, true",
    "128, 50, 784, true",
  })
  void agreesWithTheFormulas(int rows, int in, int out, boolean byBlas) {
    for (Activation activation : Activation.values()) {
      agreesWithTheFormulas(activation, rows, in, out, byBlas);
    }
  }

  private static void agreesWithTheFormulas(
      Activation activation, int rows, int in, int out, boolean byBlas) {
    try (var gpu = new Gpu(rows + 31L * in + 977L * out)) {
      float[] x = gpu.activated(activation, rows * in);
      float[] w = gpu.normals(out * in);
      float[] b = gpu.normals(out);
      float[] dy = gpu.normals(rows * out);
      CudaLayer layer = gpu.layer(w, b);
      CudaLayer gradient = gpu.gradient(layer);
      DeviceMatrix deviceX = gpu.input(x, in);
      DeviceMatrix deviceDy = gpu.input(dy, out);
      Products products = gpu.products(activation, byBlas);

      double[] y = product(x, w, rows, in, out);
      DeviceMatrix plain = gpu.output(rows, out);
      products.forwardWithoutBias(layer, deviceX, rows, plain);
      gpu.assertNear("y without bias", y, plain.data());
      DeviceMatrix biased = gpu.output(rows, out);
      products.forward(layer, deviceX, rows, false, biased);
      gpu.assertNear("y with bias", withBias(y, b), biased.data());
      DeviceMatrix activated = gpu.output(rows, out);
      products.forward(layer, deviceX, rows, true, activated);
      double[] values = Arrays.stream(withBias(y, b)).map(activation::value).toArray();
      gpu.assertNear("y through " + activation, values, activated.data());

      double[] dx = inputGradient(dy, w, rows, in, out);
      DeviceMatrix whole = gpu.output(rows, in);
      products.backwardInput(layer, deviceDy, null, rows, whole);
      gpu.assertNear("dx", dx, whole.data());
      DeviceMatrix through = gpu.output(rows, in);
      products.backwardInput(layer, deviceDy, deviceX, rows, through);
      gpu.assertNear("dx through " + activation, through(activation, x, dx), through.data());

      var tiles = new GradientTiles.Builder();
      if (byBlas) {
        products.backwardWeight(gradient, deviceDy, deviceX, rows);
      } else {
        tiles.weight(gradient, deviceDy, deviceX);
      }
      tiles.bias(gradient, deviceDy);
      gpu.kernels.linear(activation).backwardParameters(gpu.stream, tiles.build(gpu.memory), rows);
      gpu.assertNear("dW", weightGradient(dy, x, rows, in, out), gradient.weight());
      gpu.assertNear("db", biasGradient(dy, rows, out), gradient.bias());
    }
  }

  private static double[] product(float[] x, float[] w, int rows, int in, int out) {
    double[] y = new double[rows * out];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          y[r * out + o] += (double) x[r * in + i] * w[o * in + i];
        }
      }
    }
    return y;
  }

  private static double[] withBias(double[] y, float[] b) {
    double[] sum = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      sum[i] = y[i] + b[i % b.length];
    }
    return sum;
  }

  private static double[] inputGradient(float[] dy, float[] w, int rows, int in, int out) {
    double[] dx = new double[rows * in];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          dx[r * in + i] += (double) dy[r * out + o] * w[o * in + i];
        }
      }
    }
    return dx;
  }

  private static double[] through(Activation activation, float[] x, double[] dx) {
    double[] through = new double[dx.length];
    for (int i = 0; i < dx.length; i++) {
      through[i] = dx[i] * activation.slope(x[i]);
    }
    return through;
  }

  private static double[] weightGradient(float[] dy, float[] x, int rows, int in, int out) {
    double[] dw = new double[out * in];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          dw[o * in + i] += (double) dy[r * out + o] * x[r * in + i];
        }
      }
    }
    return dw;
  }

  private static double[] biasGradient(float[] dy, int rows, int out) {
    double[] db = new double[out];
    for (int i = 0; i < rows * out; i++) {
      db[i % out] += dy[i];
    }
    return db;
  }
}
