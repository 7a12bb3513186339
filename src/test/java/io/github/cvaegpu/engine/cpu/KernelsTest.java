// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.model.Likelihood;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Elementary functions and kernels at their limits. */
class KernelsTest {
  private static final int LANES = VectorMath.LANES;

  /** What a warm step may allocate. */
  private static final long BYTES_A_STEP = 250_000;

  /** How long the compiler has; where it has a core to itself it is done in three. */
  private static final int SECONDS = 100;

  @Test
  void expIsWithinTwoUlp() {
    assertUlps(-87.3f, 88.3f, VectorMath::exp, Math::exp);
  }

  @Test
  void expOfNonPositiveIsWithinTwoUlp() {
    assertUlps(-42.5f, 0, VectorMath::expOfNonPositive, Math::exp);
  }

  @Test
  void log1pIsWithinTwoUlp() {
    assertUlps(0, 1, VectorMath::log1p, Math::log1p);
    assertUlps(0, 1e-6f, VectorMath::log1p, Math::log1p);
  }

  @Test
  void expAtItsLimits() {
    assertEquals(Float.POSITIVE_INFINITY, one(VectorMath::exp, 89));
    assertEquals(Float.POSITIVE_INFINITY, one(VectorMath::exp, Float.POSITIVE_INFINITY));
    assertEquals(0f, one(VectorMath::exp, -88));
    assertEquals(0f, one(VectorMath::exp, Float.NEGATIVE_INFINITY));
    assertEquals(1f, one(VectorMath::exp, 0));
    assertTrue(Float.isNaN(one(VectorMath::exp, Float.NaN)));
    assertEquals(1f, 1f + one(VectorMath::expOfNonPositive, Float.NEGATIVE_INFINITY));
    assertTrue(Float.isNaN(one(VectorMath::expOfNonPositive, Float.NaN)));
  }

  /** The same operations on scalars give the same bits: nothing depends on the compiler. */
  @Test
  void expIsExactlyItsScalarForm() {
    var random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      float x = -42.5f * random.nextFloat();
      assertEquals(scalarExp(x), one(VectorMath::expOfNonPositive, x), "exp(" + x + ")");
    }
  }

  private static float scalarExp(float x) {
    float shifted = Math.fma(x, 1.44269504088896341f, 0x1.8p23f);
    float n = shifted - 0x1.8p23f;
    float r = Math.fma(n, 2.12194440e-4f, Math.fma(n, -0.693359375f, x));
    float p = 1.9875691500e-4f;
    for (float c :
        new float[] {
          1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f
        }) {
      p = Math.fma(p, r, c);
    }
    p = Math.fma(p, r * r, r) + 1;
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 37, 784})
  void lossGradientAndMeanAreRightAndFiniteForAnyFiniteLogit(int columns) {
    for (Likelihood likelihood : Likelihood.values()) {
      areRightAndFinite(likelihood, columns);
    }
  }

  private static void areRightAndFinite(Likelihood likelihood, int columns) {
    float[] extremes = {
      0, -0f, 1e-30f, 1, -1, 20, -20, 88, -88, 104, -104, 1e4f, -1e4f, 1e30f, -1e30f
    };
    Matrix logits = Matrix.allocate(2, columns);
    Matrix x = Matrix.allocate(2, columns);
    var random = new Random(columns);
    for (int i = 0; i < 2 * columns; i++) {
      float logit =
          i % 3 == 0 ? (float) (3 * random.nextGaussian()) : extremes[i % extremes.length];
      logits.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, logit);
      x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(256) / 255f);
    }
    float[] before = logits.data().toArray(ValueLayout.JAVA_FLOAT);
    float[] targets = x.data().toArray(ValueLayout.JAVA_FLOAT);
    double[] loss = new double[2 * Block.COLUMN_GROUPS];
    var bias = Matrix.floats(columns);
    LikelihoodKernels kernels = LikelihoodKernels.of(likelihood);
    for (int lane = 0; lane < ThreadTeam.LANES; lane++) {
      Block block = Block.grid(lane, 2, columns);
      kernels.lossAndGradient(logits, bias, x, 1, 0, block, loss, Block.columnGroup(lane));
    }
    double[] expected = new double[2];
    for (int i = 0; i < 2 * columns; i++) {
      double l = before[i];
      double t = targets[i];
      expected[i / columns] += likelihood.loss(l, t);
      double gradient = likelihood.gradient(l, t);
      assertEquals(
          gradient, logits.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), 3e-7, "logit " + l);
    }
    MemorySegment.copy(before, 0, logits.data(), ValueLayout.JAVA_FLOAT, 0, before.length);
    for (int lane = 0; lane < ThreadTeam.LANES; lane++) {
      kernels.mean(logits, bias, Block.grid(lane, 2, columns));
    }
    for (int i = 0; i < 2 * columns; i++) {
      float mean = logits.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
      assertEquals(likelihood.mean(before[i]), mean, 3e-7, "logit " + before[i]);
    }
    for (int r = 0; r < 2; r++) {
      assertEquals(expected[r], RowLosses.ofRow(loss, r), 1e-6 * expected[r] + 1e-6);
      assertTrue(Double.isFinite(RowLosses.ofRow(loss, r)));
    }
  }

  @Test
  void blocksCoverAMatrixOnce() {
    for (int rows : new int[] {1, 2, 7, 96, 128}) {
      for (int columns : new int[] {1, 15, 50, 400, 784}) {
        int[] hits = new int[rows * columns];
        int[] rowHits = new int[rows];
        for (int lane = 0; lane < ThreadTeam.LANES; lane++) {
          Block block = Block.grid(lane, rows, columns);
          for (int r = block.row(); r < block.endRow(); r++) {
            for (int c = block.column(); c < block.endColumn(); c++) {
              hits[r * columns + c]++;
            }
          }
          Block strip = Block.rows(lane, rows, columns);
          for (int r = strip.row(); r < strip.endRow(); r++) {
            rowHits[r]++;
          }
        }
        for (int hit : hits) {
          assertEquals(1, hit);
        }
        for (int hit : rowHits) {
          assertEquals(1, hit);
        }
      }
    }
  }

  /**
   * A vector that the compiler cannot keep in a register costs an object of about 100 bytes, and
   * the smallest kernel has 3,200 of them in a step: one that slips back onto the heap shows here
   * long before it does in a profile.
   *
   * <p>The steps are taken in a fresh JVM, as users take them: when the compiler gets to a kernel,
   * and what it makes of it, depends on all that it has been given before, and here that is
   * whatever tests came first. While it is not yet through, a step allocates some megabytes.
   */
  @Test
  void aWarmStepPutsNoVectorsOnTheHeap() throws Exception {
    RunningProcess.Result result = new RunningProcess(warmSteps()).await();
    assertEquals(0, result.code(), result::errors);
    long bytes = Long.parseLong(result.text().strip());
    assertTrue(
        bytes <= BYTES_A_STEP,
        () ->
            String.format(
                Locale.ROOT,
                "A warm step allocates %d bytes, more than %d: a kernel puts vectors on the heap",
                bytes,
                BYTES_A_STEP));
  }

  private static ProcessBuilder warmSteps() {
    return new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-modules",
        "jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        WarmSteps.class.getName(),
        Long.toString(BYTES_A_STEP),
        Integer.toString(SECONDS));
  }

  private interface Function {
    FloatVector of(FloatVector x);
  }

  private interface Exact {
    double of(double x);
  }

  private static float one(Function function, float x) {
    return function.of(VectorMath.broadcast(x)).lane(LANES - 1);
  }

  private static void assertUlps(float from, float to, Function function, Exact exact) {
    int samples = 100_000;
    float[] xs = new float[LANES];
    for (int i = 0; i < samples; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        xs[lane] = from + (to - from) * ((i + lane) / (float) samples);
      }
      FloatVector y = function.of(FloatVector.fromArray(VectorMath.FLOATS, xs, 0));
      for (int lane = 0; lane < LANES; lane++) {
        double expected = exact.of(xs[lane]);
        double ulp = Math.ulp((float) expected);
        assertEquals(expected, y.lane(lane), 2 * ulp, "at " + xs[lane]);
      }
    }
  }
}
