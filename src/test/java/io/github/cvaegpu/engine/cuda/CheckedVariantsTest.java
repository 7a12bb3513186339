// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The fused step's variants with each access looked at: between the threads of a block, the blocks
 * of a cluster, and launches that may begin before the one before has ended.
 */
@ExtendWith(OnGpu.Checked.class)
class CheckedVariantsTest {
  @ParameterizedTest(name = "sm_{0} {1}: {2}x{3} -> {4} -> z {5}, batch {6}, captured {7}")
  @CsvSource({
    "90, ascending, 9, 11, 61;19, 3, 37, false",
    "90, descending, 9, 11, 61;19, 3, 37, true",
    "90, shuffled, 4, 5, 40;36, 3, 5, true",
    "90, ascending, 1, 3, 2, 1, 2, false",
    "75, shuffled, 9, 11, 61;19, 3, 37, true",
    "75, ascending, 5, 7, 40;36, 20, 5, false",
  })
  void noAccessRacesWithAnother(
      int capability,
      String order,
      int height,
      int width,
      String hidden,
      int latent,
      int rows,
      boolean captured) {
    assumeFalse(OnGpu.isReal(), "a real GPU tells of no access");
    var layers = Arrays.stream(hidden.split(";", -1)).map(Integer::valueOf).toList();
    var steps = new FusedSteps(height, width, layers, latent, rows);
    Emulator.configure("CAPABILITY", Integer.toString(capability));
    Emulator.configure("ORDER", order);
    try (var gpu = new Gpu(1)) {
      List<float[]> expected = null;
      for (StepVariants variants : FusedSteps.oneByOne(gpu.kernels.capacity(), steps.shape())) {
        List<float[]> actual =
            captured ? steps.twoCaptured(gpu, variants) : steps.two(gpu, gpu.stream, variants);
        expected = expected == null ? actual : expected;
        assertTrue(FusedSteps.isSame(expected, actual), variants.toString());
      }
    } finally {
      Emulator.configure("CAPABILITY", "90");
      Emulator.configure("ORDER", "ascending");
    }
  }
}
