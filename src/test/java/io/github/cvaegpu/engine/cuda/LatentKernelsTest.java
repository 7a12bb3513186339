// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.model.Activation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jcuda.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** latent.cu against its formulas in double. */
@ExtendWith(OnGpu.Checked.class)
class LatentKernelsTest {
  private static final float BETA = 0.37f;
  private static final CudaSource.Struct STATE = CudaSource.of("step.cuh").struct("StepState");

  @ParameterizedTest(name = "batch {0}, {1} -> latent {2} -> {3}")
  @CsvSource({
    "1, 50, 2, 50",
    "7, 3, 1, 203",
    "37, 203, 3, 50",
    "96, 50, 10, 3",
    "128, 400, 2, 50",
    "37, 50, 16, 130",
    "7, 33, 17, 5",
    "37, 50, 64, 203",
    "1, 3, 200, 7",
  })
  void agreesWithTheFormulas(int rows, int hWidth, int latent, int dWidth) {
    for (Activation activation : Activation.values()) {
      agreesWithTheFormulas(activation, rows, hWidth, latent, dWidth);
    }
  }

  private static void agreesWithTheFormulas(
      Activation activation, int rows, int hWidth, int latent, int dWidth) {
    try (var gpu = new Gpu(rows + 31L * hWidth + 977L * latent)) {
      float[] h = gpu.activated(activation, rows * hWidth);
      float[] headWeight = scaled(gpu.normals(2 * latent * hWidth), 0.1f);
      float[] headBias = scaled(gpu.normals(2 * latent), 0.1f);
      float[] firstWeight = gpu.normals(dWidth * latent);
      float[] firstBias = gpu.normals(dWidth);
      float[] noise = gpu.normals(rows * latent);
      float[] dd = gpu.normals(rows * dWidth);
      // One of them is 0, and some are negative.
      float[] weights = gpu.normals(latent);
      weights[latent / 2] = 0;
      var expected = new Reference(activation, rows, hWidth, latent, dWidth);
      expected.forward(h, headWeight, headBias, noise, firstWeight, firstBias);
      expected.backward(h, headWeight, noise, firstWeight, dd, weights);

      CudaLayer head = gpu.layer(headWeight, headBias);
      CudaLayer first = gpu.layer(firstWeight, firstBias);
      DeviceMatrix deviceH = gpu.input(h, hWidth);
      DeviceMatrix deviceNoise = gpu.input(noise, latent);
      DeviceMatrix deviceDd = gpu.input(dd, dWidth);
      DeviceMatrix heads = gpu.output(rows, 2 * latent);
      DeviceMatrix z = gpu.output(rows, latent);
      DevicePointer kl = gpu.output(rows);
      DeviceMatrix d = gpu.output(rows, dWidth);
      DeviceMatrix dheads = gpu.output(rows, 2 * latent);
      DeviceMatrix dh = gpu.output(rows, hWidth);
      var klWeights = new KlWeights(gpu.input(weights), 1);
      if (latent <= LatentLaunches.FUSED_LATENT) {
        gpu.kernels
            .latent(activation)
            .forward(gpu.stream, head, first, deviceH, deviceNoise, rows, heads, z, kl, d);
        gpu.kernels
            .latent(activation)
            .backward(
                gpu.stream,
                klWeights,
                head,
                first,
                deviceDd,
                heads,
                deviceNoise,
                deviceH,
                rows,
                dheads,
                dh);
        gpu.assertNear("d", expected.d, d.data());
        gpu.assertNear("dh", expected.dh, dh.data());
      } else {
        DeviceMatrix dz = gpu.output(rows, latent);
        Products products = gpu.products(activation, false);
        products.forward(head, deviceH, rows, false, heads);
        gpu.kernels.latent(activation).sampleForward(gpu.stream, heads, deviceNoise, rows, z, kl);
        products.backwardInput(first, deviceDd, null, rows, dz);
        gpu.kernels
            .latent(activation)
            .sampleBackward(gpu.stream, klWeights, heads, deviceNoise, dz, rows, dheads);
      }
      gpu.assertNear("heads", expected.heads, heads.data());
      gpu.assertNear("z", expected.z, z.data());
      gpu.assertNear("kl", expected.kl, kl);
      gpu.assertNear("dheads", expected.dheads, dheads.data());
    }
  }

  /** Which it would lose if exp(s) - 1 were a difference of floats. */
  @Test
  void nearZeroALogVarianceKeepsItsDigits() {
    float[] logVariances = {1e-2f, -1e-2f, 1e-4f, -1e-4f, 1e-6f, -1e-6f, 1e-8f};
    int rows = logVariances.length;
    try (var gpu = new Gpu(1)) {
      float[] values = new float[2 * rows];
      for (int r = 0; r < rows; r++) {
        values[2 * r + 1] = logVariances[r];
      }
      DeviceMatrix heads = gpu.input(values, 2);
      DeviceMatrix noise = gpu.input(gpu.normals(rows), 1);
      DeviceMatrix dz = gpu.input(new float[rows], 1);
      DeviceMatrix z = gpu.output(rows, 1);
      DevicePointer kl = gpu.output(rows);
      DeviceMatrix dheads = gpu.output(rows, 2);
      LatentLaunches latent = gpu.kernels.latent(Activation.RELU);
      latent.sampleForward(gpu.stream, heads, noise, rows, z, kl);
      var beta = new KlWeights(stateWithBeta(gpu).beta(), 0);
      latent.sampleBackward(gpu.stream, beta, heads, noise, dz, rows, dheads);
      float[] gradients = gpu.read(dheads.data(), 2 * rows);
      float[] divergences = gpu.read(kl, rows);
      for (int r = 0; r < rows; r++) {
        double s = logVariances[r];
        double gradient = BETA * Math.expm1(s) / 2;
        assertEquals(gradient, gradients[2 * r + 1], 1e-6 * Math.abs(gradient));
        assertEquals((Math.expm1(s) - s) / 2, divergences[r], 1e-7 * Math.abs(s));
      }
    }
  }

  /** The one weight that a beta is, in both kernels, is the same for all dimensions. */
  @Test
  void aStrideOfZeroIsOneWeightForAll() {
    int rows = 5;
    int latent = 3;
    try (var gpu = new Gpu(2)) {
      DeviceMatrix heads = gpu.input(gpu.normals(rows * 2 * latent), 2 * latent);
      DeviceMatrix noise = gpu.input(gpu.normals(rows * latent), latent);
      DeviceMatrix dd = gpu.input(gpu.normals(rows * 4), 4);
      DeviceMatrix h = gpu.input(gpu.activated(Activation.RELU, rows * 7), 7);
      CudaLayer head = gpu.layer(gpu.normals(2 * latent * 7), gpu.normals(2 * latent));
      CudaLayer first = gpu.layer(gpu.normals(4 * latent), gpu.normals(4));
      List<float[]> left = new ArrayList<>();
      for (KlWeights weights :
          List.of(
              new KlWeights(stateWithBeta(gpu).beta(), 0),
              new KlWeights(gpu.input(new float[] {BETA, BETA, BETA}), 1))) {
        DeviceMatrix dheads = gpu.output(rows, 2 * latent);
        DeviceMatrix dh = gpu.output(rows, 7);
        LatentLaunches kernels = gpu.kernels.latent(Activation.RELU);
        kernels.backward(gpu.stream, weights, head, first, dd, heads, noise, h, rows, dheads, dh);
        left.add(gpu.read(dheads.data(), rows * 2 * latent));
        DeviceMatrix sampled = gpu.output(rows, 2 * latent);
        kernels.sampleBackward(gpu.stream, weights, heads, noise, noise, rows, sampled);
        left.add(gpu.read(sampled.data(), rows * 2 * latent));
      }
      assertArrayEquals(left.get(2), left.get(0));
      assertArrayEquals(left.get(3), left.get(1));
    }
  }

  /** Also of more rows than a block has threads. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 255, 256, 257, 1001})
  void theWeightOfADistanceIsThatOfTheMeansSide(int rows) {
    float gamma = 0.8f;
    try (var gpu = new Gpu(rows)) {
      float[] kl = gpu.normals(rows);
      double sum = 0;
      for (int r = 0; r < rows; r++) {
        kl[r] = Math.abs(kl[r]) + BETA / 2;
        sum += kl[r];
      }
      float difference = (float) (sum / rows) - BETA;
      // So that the mean is C, but for the rounding.
      for (float moved : new float[] {-difference - 1e-5f, -difference + 1e-5f}) {
        float[] shifted = new float[rows];
        for (int r = 0; r < rows; r++) {
          shifted[r] = kl[r] + moved;
        }
        float expected = moved > -difference ? gamma : -gamma;
        assertEquals(expected, distanceWeight(gpu, shifted, gamma), "moved by " + moved);
      }
      float[] exact = new float[rows];
      Arrays.fill(exact, BETA);
      assertEquals(0f, distanceWeight(gpu, exact, gamma));
    }
  }

  private static float distanceWeight(Gpu gpu, float[] kl, float gamma) {
    var weights = new KlWeights(gpu.output(1), 0);
    gpu.kernels
        .latent(Activation.RELU)
        .distanceWeight(gpu.stream, stateWithBeta(gpu), gpu.input(kl), kl.length, gamma, weights);
    return gpu.read(weights.first(), 1)[0];
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "7, 3", "256, 2", "300, 17", "1001, 5"})
  void dimensionsAboveTheirFreeBitsHaveBeta(int rows, int latent) {
    float lambda = 0.9f;
    try (var gpu = new Gpu(rows)) {
      float[] heads = gpu.normals(rows * 2 * latent);
      double[] kl = new double[latent];
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < latent; j++) {
          // Wider from dimension to dimension.
          heads[r * 2 * latent + j] *= 0.3f * (j + 1);
          double mean = heads[r * 2 * latent + j];
          double s = heads[r * 2 * latent + latent + j];
          kl[j] += (mean * mean + Math.expm1(s) - s) / 2 / rows;
        }
      }
      var weights = new KlWeights(gpu.output(latent), 1);
      gpu.kernels
          .latent(Activation.RELU)
          .freeBitsWeights(
              gpu.stream, stateWithBeta(gpu), gpu.input(heads, 2 * latent), rows, lambda, weights);
      float[] actual = gpu.read(weights.first(), latent);
      for (int j = 0; j < latent; j++) {
        assertTrue(Math.abs(kl[j] - lambda) > 1e-4, "KL " + kl[j] + " is at its kink");
        assertEquals(kl[j] > lambda ? BETA : 0f, actual[j], "KL " + kl[j]);
      }
      assertTrue(latent < 3 || (actual[0] == 0 && actual[latent - 1] == BETA));
    }
  }

  private static StepState stateWithBeta(Gpu gpu) {
    var state = new StepState(gpu.memory);
    ByteBuffer bytes = ByteBuffer.allocate(STATE.bytes()).order(ByteOrder.nativeOrder());
    bytes.putFloat(STATE.offset("beta"), BETA);
    DeviceMemory.upload(state.address(), Pointer.to(bytes.array()), STATE.bytes());
    return state;
  }

  private static float[] scaled(float[] values, float factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return values;
  }

  /** The formulas. */
  private static final class Reference {
    private final Activation activation;
    private final int rows;
    private final int hWidth;
    private final int latent;
    private final int dWidth;
    private final double[] heads;
    private final double[] z;
    private final double[] kl;
    private final double[] d;
    private final double[] dheads;
    private final double[] dh;

    Reference(Activation activation, int rows, int hWidth, int latent, int dWidth) {
      this.activation = activation;
      this.rows = rows;
      this.hWidth = hWidth;
      this.latent = latent;
      this.dWidth = dWidth;
      heads = new double[rows * 2 * latent];
      z = new double[rows * latent];
      kl = new double[rows];
      d = new double[rows * dWidth];
      dheads = new double[rows * 2 * latent];
      dh = new double[rows * hWidth];
    }

    void forward(float[] h, float[] wh, float[] bh, float[] noise, float[] wd, float[] bd) {
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < 2 * latent; j++) {
          double sum = bh[j];
          for (int k = 0; k < hWidth; k++) {
            sum += (double) h[r * hWidth + k] * wh[j * hWidth + k];
          }
          heads[r * 2 * latent + j] = sum;
        }
        for (int j = 0; j < latent; j++) {
          double mean = heads[r * 2 * latent + j];
          double logVariance = heads[r * 2 * latent + latent + j];
          z[r * latent + j] = mean + Math.exp(logVariance / 2) * noise[r * latent + j];
          kl[r] -= 0.5 * (1 + logVariance - mean * mean - Math.exp(logVariance));
        }
        for (int o = 0; o < dWidth; o++) {
          double sum = bd[o];
          for (int j = 0; j < latent; j++) {
            sum += z[r * latent + j] * wd[o * latent + j];
          }
          d[r * dWidth + o] = activation.value(sum);
        }
      }
    }

    void backward(float[] h, float[] wh, float[] noise, float[] wd, float[] dd, float[] klWeights) {
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < latent; j++) {
          double dz = 0;
          for (int o = 0; o < dWidth; o++) {
            dz += (double) dd[r * dWidth + o] * wd[o * latent + j];
          }
          int at = r * 2 * latent + j;
          double logVariance = heads[at + latent];
          dheads[at] = dz + klWeights[j] * heads[at];
          dheads[at + latent] =
              dz * noise[r * latent + j] * Math.exp(logVariance / 2) / 2
                  + klWeights[j] * (Math.exp(logVariance) - 1) / 2;
        }
        for (int k = 0; k < hWidth; k++) {
          double sum = 0;
          for (int j = 0; j < 2 * latent; j++) {
            sum += dheads[r * 2 * latent + j] * wh[j * hWidth + k];
          }
          dh[r * hWidth + k] = sum * activation.slope(h[r * hWidth + k]);
        }
      }
    }
  }
}
