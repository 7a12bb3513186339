// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Elementary functions and kernels of the step in Java, at their limits. */
class KernelsTest {
  @Test
  void expIsWithinAnUlp() {
    assertUlps(1, -87, 88.7f, FloatMath::exp, Math::exp);
  }

  @Test
  void log1pIsWithinTwoUlp() {
    assertUlps(2, 0, 1, FloatMath::log1p, Math::log1p);
    assertUlps(2, 0, 1e-6f, FloatMath::log1p, Math::log1p);
  }

  @Test
  void tanhIsWithinAnUlp() {
    assertUlps(1, 0, 10, FloatMath::tanh, Math::tanh);
    assertUlps(1, -10, 0, FloatMath::tanh, Math::tanh);
    assertUlps(1, 0, 1e-3f, FloatMath::tanh, Math::tanh);
    assertUlps(1, 0, 1e-30f, FloatMath::tanh, Math::tanh);
  }

  @Test
  void tanhAtItsLimits() {
    for (float beyond : new float[] {9.1f, 10, 10.5f, 1e30f, Float.POSITIVE_INFINITY}) {
      assertEquals(1f, FloatMath.tanh(beyond));
      assertEquals(-1f, FloatMath.tanh(-beyond));
    }
    assertEquals(0f, FloatMath.tanh(0));
    assertEquals(Float.MIN_VALUE, FloatMath.tanh(Float.MIN_VALUE));
    assertTrue(Float.isNaN(FloatMath.tanh(Float.NaN)));
  }

  @Test
  void expAtItsLimits() {
    assertEquals(Float.POSITIVE_INFINITY, FloatMath.exp(89));
    assertEquals(Float.POSITIVE_INFINITY, FloatMath.exp(Float.POSITIVE_INFINITY));
    assertEquals(1f, FloatMath.exp(0));
    assertTrue(Float.isNaN(FloatMath.exp(Float.NaN)));
    float least = FloatMath.exp(Float.NEGATIVE_INFINITY);
    assertTrue(least >= Float.MIN_NORMAL && least < 2e-38f, () -> "exp(-infinity) = " + least);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 37, 784})
  void lossGradientAndMeanAreRightAndFiniteForAnyFiniteLogit(int columns) {
    for (Objective objective : Objective.ALL) {
      areRightAndFinite(objective, columns);
    }
    areRightAndFinite(Objective.gaussian(Sigma.of(0.3)), columns);
  }

  private static void areRightAndFinite(Objective objective, int columns) {
    float[] extremes = {
      0, -0f, 1e-30f, 0.999f, 1, -1, 1.001f, 20, -20, 88, -88, 104, -104, 1e4f, -1e4f, 1e30f, -1e30f
    };
    if (objective.likelihood() == Likelihood.GAUSSIAN) {
      // Squares of large numbers are infinite, and told as such.
      extremes = new float[] {0, -0f, 1e-30f, 1, -1, 20, -20};
    }
    float[] before = new float[columns];
    float[] x = new float[columns];
    var random = new Random(columns);
    double expected = 0;
    double size = 0;
    for (int i = 0; i < columns; i++) {
      before[i] = i % 3 == 0 ? (float) (3 * random.nextGaussian()) : extremes[i % extremes.length];
      x[i] = random.nextInt(256) / 255f;
      expected += objective.loss(before[i], x[i]);
      size += Math.abs(objective.loss(before[i], x[i]));
    }
    var kernel = LikelihoodKernel.of(objective, null, columns);
    float[] gradients = before.clone();
    double loss = kernel.lossAndGradient(gradients, x);
    float[] means = before.clone();
    kernel.mean(means);
    for (int i = 0; i < columns; i++) {
      String logit = "logit " + before[i];
      double gradient = objective.gradient(before[i], x[i]);
      assertEquals(gradient, gradients[i], 3e-7 * Math.max(1, Math.abs(gradient)), logit);
      assertEquals(objective.likelihood().mean(before[i]), means[i], 3e-7, logit);
    }
    assertEquals(expected, loss, 1e-6 * size + 1e-6);
    assertTrue(Double.isFinite(loss));
  }

  /** The least of the two halves of a sigmoid keeps its digits, which a difference from 1 loses. */
  @Test
  void aSmallMeanIsRightToItsLastDigits() {
    float[] logits = {-1e-3f, -1, -20, -40, -80};
    float[] means = logits.clone();
    LikelihoodKernel.of(Objective.study(), null, logits.length).mean(means);
    for (int i = 0; i < logits.length; i++) {
      double expected = Likelihood.BERNOULLI.mean(logits[i]);
      assertEquals(expected, means[i], 3e-7 * expected, "logit " + logits[i]);
    }
  }

  @Test
  void theContinuousBernoulliIsRightToItsLastDigits() {
    Likelihood likelihood = Likelihood.CONTINUOUS_BERNOULLI;
    for (float l = -50; l <= 50; l += 0.0137f) {
      double normaliser = likelihood.loss(l, 0, 1);
      float actual = ContinuousBernoulliKernel.loss(l, 0);
      assertEquals(normaliser, actual, 5 * Math.ulp((float) normaliser), "A of " + l);
      double mean = likelihood.mean(l);
      assertEquals(mean, ContinuousBernoulliKernel.mean(l), 4 * Math.ulp((float) mean), "" + l);
    }
  }

  @Test
  void logarithmsAreRightToTwoUlps() {
    for (float x = Float.MIN_NORMAL; Float.isFinite(x); x *= 1.0007f) {
      double log = Math.log(x);
      assertEquals(log, FloatMath.log(x), 2 * Math.ulp((float) log), "log of " + x);
    }
    assertEquals(0, FloatMath.log(1));
  }

  @Test
  void sumsOfRowsSkipZerosAndKeepTheirOrder() {
    var random = new Random(1);
    for (int rows : new int[] {1, 7, 8, 9, 100}) {
      for (int columns : new int[] {1, 2, 17, 64}) {
        float[] weights = new float[rows];
        float[][] byColumn = new float[rows][3];
        float[][] of = new float[rows][columns];
        float[] expected = new float[columns];
        float[] all = new float[columns];
        for (int r = 0; r < rows; r++) {
          weights[r] = random.nextInt(3) == 0 ? 0 : random.nextFloat() - 0.5f;
          byColumn[r][2] = weights[r];
          for (int c = 0; c < columns; c++) {
            // What is skipped is not even looked at.
            of[r][c] = weights[r] == 0 ? Float.NaN : random.nextFloat();
            expected[c] += weights[r] == 0 ? 0 : weights[r] * of[r][c];
          }
        }
        var products = new WeightedRows(rows);
        float[] sum = new float[columns];
        products.add(weights, of, sum);
        assertArrayEquals(expected, sum);
        sum = new float[columns];
        products.addByColumn(byColumn, 2, rows, of, sum);
        assertArrayEquals(expected, sum);
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            of[r][c] = r + 1;
            all[c] += r + 1;
          }
        }
        sum = new float[columns];
        products.addAll(rows, of, sum);
        assertArrayEquals(all, sum);
      }
    }
  }

  /** A mean that halves every seven steps never gets to where processors are slow. */
  @Test
  void adamHasNoSubnormalMeans() {
    float[] p = {1};
    float[] m = {1e-3f};
    float[] v = {1};
    for (int step = 1; step <= 2000; step++) {
      AdamKernel.update(AdamStep.of(step, 1e-3), p, new float[1], m, v);
      assertTrue(m[0] == 0 || m[0] >= 0x1p-100f, "m = " + m[0] + " of step " + step);
    }
    assertTrue(m[0] <= 0x1p-97f, "m = " + m[0]);
  }

  /** Under all targets that there are. */
  @ParameterizedTest
  @EnumSource
  void gathersTheTargetsOfEveryPixel(Targets targets) {
    ImageSet images = RandomImages.of(11, 7, 9, 0.8, 3);
    var shape = new VaeShape(63, List.of(2), 1);
    var pass = new ForwardPass(shape, targets, new Network(new ParameterLayout(shape)), 11);
    for (int r = 0; r < 11; r++) {
      pass.gather(images.pixels(), 10 - r, r);
      for (int c = 0; c < 63; c++) {
        int pixel = images.pixels()[(10 - r) * 63 + c] & 0xFF;
        assertEquals((float) targets.of(pixel), pass.x[r][c], "row " + r + ", column " + c);
      }
    }
  }

  /** Weights go in and out as PyTorch has them. */
  @Test
  void networksKeepTheLayout() {
    var layout = new ParameterLayout(new VaeShape(35, List.of(20, 11), 3));
    float[] floats = new float[layout.size()];
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      for (int i = 0; i < tensor.size(); i++) {
        floats[tensor.offset() + i] = tensor.offset() + i;
      }
    }
    var network = new Network(layout);
    network.overwrite(floats);
    assertArrayEquals(floats, network.copy());
    Layer second = network.encoder().get(1);
    float[][] turned = new float[11][20];
    second.turn(turned, 0, 4);
    second.turn(turned, 4, 11);
    for (int out = 0; out < 11; out++) {
      assertEquals(second.bias()[out], layout.encoder().get(1).bias() + out);
      for (int in = 0; in < 20; in++) {
        assertEquals(second.rows()[in][out], layout.encoder().get(1).weight() + out * 20 + in);
        assertEquals(second.rows()[in][out], turned[out][in]);
      }
    }
  }

  private interface FloatFunction {
    float of(float x);
  }

  private static void assertUlps(
      int ulps, float from, float to, FloatFunction function, DoubleUnaryOperator exact) {
    int samples = 100_000;
    for (int i = 0; i < samples; i++) {
      float x = from + (to - from) * (i / (float) samples);
      double expected = exact.applyAsDouble(x);
      assertEquals(expected, function.of(x), ulps * Math.ulp((float) expected), "at " + x);
    }
  }
}
