// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fused step's variants: however it is cut, the same bits. */
@ExtendWith(OnGpu.class)
class FusedVariantsTest {
  @ParameterizedTest(name = "{0}x{1} -> {2} -> z {3}, batch {4}")
  @CsvSource({
    // No tile divides it, and no access can be of four floats.
    "9, 11, 61;19, 3, 37",
    // Wider than a tile each way, layers that a cluster shares out and one that it does not.
    "12, 12, 100;52, 2, 70",
    // One hidden layer, one row, one latent dimension.
    "5, 7, 10, 1, 1",
    // Three hidden layers, and more latent dimensions than a Philox block has numbers.
    "6, 6, 72;40;36, 20, 33",
    // Sums with fewer terms than chunks.
    "1, 3, 2, 1, 2",
  })
  void allGiveTheSameBits(int height, int width, String hidden, int latent, int rows) {
    var steps =
        new FusedSteps(
            height,
            width,
            Arrays.stream(hidden.split(";", -1)).map(Integer::valueOf).toList(),
            latent,
            rows);
    try (var gpu = new Gpu(1)) {
      List<float[]> expected = null;
      for (StepVariants variants : FusedSteps.oneByOne(gpu.kernels.capacity(), steps.shape())) {
        List<float[]> actual = steps.two(gpu, gpu.stream, variants);
        if (expected == null) {
          expected = actual;
          for (float[] array : expected) {
            for (float value : array) {
              assertTrue(Float.isFinite(value));
            }
          }
        }
        assertTrue(FusedSteps.isSame(expected, actual), variants.toString());
      }
    }
  }

  /** What the comparison above rests on. */
  @Test
  void aBitThatDiffersIsFound() {
    var steps = new FusedSteps(5, 7, List.of(10), 1, 4);
    try (var gpu = new Gpu(1)) {
      StepVariants variants = FusedSteps.standard(gpu.kernels.capacity(), steps.shape());
      List<float[]> one = steps.two(gpu, gpu.stream, variants);
      List<float[]> other = steps.two(gpu, gpu.stream, variants);
      assertTrue(FusedSteps.isSame(one, other));
      float[] parameters = other.get(2);
      parameters[parameters.length / 2] = Math.nextUp(parameters[parameters.length / 2]);
      assertFalse(FusedSteps.isSame(one, other));
    }
  }

  /** A GPU without clusters takes other variants, and other orders of blocks and threads. */
  @ParameterizedTest
  @CsvSource({"75, shuffled", "86, descending", "90, shuffled", "100, descending"})
  void everyGpuGivesTheSameBits(int capability, String order) {
    assumeFalse(OnGpu.isReal(), "a real GPU is what it is");
    var steps = new FusedSteps(9, 11, List.of(61, 19), 3, 37);
    List<float[]> expected;
    try (var gpu = new Gpu(1)) {
      expected =
          steps.two(gpu, gpu.stream, FusedSteps.standard(gpu.kernels.capacity(), steps.shape()));
    }
    Emulator.configure("CAPABILITY", Integer.toString(capability));
    Emulator.configure("ORDER", order);
    try (var gpu = new Gpu(1)) {
      assertEquals(capability, gpu.device.capability());
      for (StepVariants variants : FusedSteps.oneByOne(gpu.kernels.capacity(), steps.shape())) {
        assertEquals(capability >= 90, variants.first().cluster() > 1);
        assertTrue(
            FusedSteps.isSame(expected, steps.two(gpu, gpu.stream, variants)), variants.toString());
      }
    } finally {
      Emulator.configure("CAPABILITY", "90");
      Emulator.configure("ORDER", "ascending");
    }
  }
}
