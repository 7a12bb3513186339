// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The largest sizes that the program takes against what kernels count in. Products of rows and
 * columns are in 64 bits in all kernels but where a test here says why 32 do.
 */
class LargestSizesTest {
  /** Blocks in a grid's second dimension. */
  private static final int GRID_Y = 65_535;

  private static final int BLOCK = 256;

  private static void assertInt(String what, long number) {
    assertTrue(number <= Integer.MAX_VALUE, what + ": " + number);
  }

  @Test
  void rowsAreBlocksOfAGridsSecondDimension() {
    assertTrue(CudaAccelerator.MAX_BATCH <= GRID_Y);
    assertTrue(Inference.CAPACITY <= CudaAccelerator.MAX_BATCH);
  }

  @Test
  void blocksOfAnElementAThreadFitTheFirstDimension() {
    long elements = (long) CudaAccelerator.MAX_BATCH * VaeShape.MAX_WIDTH;
    assertTrue(elements > Integer.MAX_VALUE, "so that i64 is needed");
    assertInt("blocks", Math.ceilDiv(elements, BLOCK));
  }

  /** {@code latent_sample_backward}: the last block's threads beyond the count included. */
  @Test
  void latentDimensionsOfABatchAreCountedInAnInt() {
    assertInt("z", (long) CudaAccelerator.MAX_BATCH * VaeShape.MAX_LATENT + BLOCK);
  }

  /** {@code adam_update}, and offsets of tensors in all kernels: a layout refuses more. */
  @Test
  void parametersAreCountedInAnInt() {
    var largest = new VaeShape(VaeShape.MAX_WIDTH, List.of(4095), 1);
    assertInt(
        "parameters", assertDoesNotThrow(() -> new ParameterLayout(largest)).size() + (long) BLOCK);
    var larger = new VaeShape(VaeShape.MAX_WIDTH, List.of(VaeShape.MAX_WIDTH), 1);
    assertThrows(InputException.class, () -> new ParameterLayout(larger));
  }

  /** The fused step's kernels count a batch's elements in ints, and take no larger batches. */
  @Test
  void elementsOfAFusedBatchAreCountedInAnInt() {
    assertInt("activations", (long) FusedStep.MOST_ROWS * VaeShape.MAX_WIDTH);
  }

  /** Chunks of inference are copied through arrays. */
  @Test
  void aChunkOfInferenceIsAnArray() {
    assertInt("means", (long) Inference.CAPACITY * VaeShape.MAX_WIDTH);
    assertInt("heads", 2L * Inference.CAPACITY * VaeShape.MAX_LATENT);
  }
}
