// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the kernels of the latent space lose near a log variance of 0; the rest is the engine's. */
class LatentNearZeroTest {
  /** A difference from 1 is as right as the 1: latent.cu says why that is enough. */
  @Test
  void nearZeroALogVarianceIsRightToSevenPlaces() {
    var random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      float s = (float) (Math.pow(10, -1 - i % 8) * (2 * random.nextDouble() - 1));
      float[] heads = {0, s};
      float[] dheads = new float[2];
      double kl = LatentKernels.forward(heads, new float[1], new float[1]);
      LatentKernels.backward(heads, new float[1], new float[1], new float[] {1}, dheads);
      assertEquals(Math.expm1(s) / 2, dheads[1], 2e-7);
      assertEquals((Math.expm1(s) - s) / 2, kl, 2e-7);
    }
  }
}
