// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the kernels of the latent space lose near a log variance of 0; the rest is the engine's. */
class LatentNearZeroTest {
  /** A difference from 1 is as right as the 1: latent.cu says why that is enough. */
  @Test
  void nearZeroALogVarianceIsRightToSevenPlaces() {
    int rows = 2000;
    Matrix heads = Matrix.allocate(rows, 2);
    Matrix noise = Matrix.allocate(rows, 1);
    Matrix dheads = Matrix.allocate(rows, 2);
    Matrix z = Matrix.allocate(rows, 1);
    double[] kl = new double[rows];
    var random = new Random(1);
    for (int r = 0; r < rows; r++) {
      float logVariance = (float) (Math.pow(10, -1 - r % 8) * (2 * random.nextDouble() - 1));
      heads.data().set(JAVA_FLOAT, heads.at(r, 1), logVariance);
    }
    var all = new Block(0, rows, 0, 1);
    LatentKernels.forward(heads, noise, z, all, kl);
    LatentKernels.backward(heads, noise, Matrix.allocate(rows, 1), all, 1, dheads);
    for (int r = 0; r < rows; r++) {
      double s = heads.data().get(JAVA_FLOAT, heads.at(r, 1));
      assertEquals(Math.expm1(s) / 2, dheads.data().get(JAVA_FLOAT, dheads.at(r, 1)), 2e-7);
      assertEquals((Math.expm1(s) - s) / 2, kl[r], 2e-7);
    }
  }
}
