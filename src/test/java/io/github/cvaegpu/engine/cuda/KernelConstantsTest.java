// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Java and the kernels both state is the same. */
class KernelConstantsTest {
  private static final Pattern BLOCKS =
      Pattern.compile("Launch: [^:]*?(?:blocks of|one block of|one) (\\d+|thread)\\b");

  @Test
  void theTilesOfLinearLayers() {
    CudaSource linear = CudaSource.of("linear.cu");
    assertEquals(linear.constant("FORWARD_ROWS"), LinearLaunches.FORWARD_ROWS);
    assertEquals(
        linear.constant("FORWARD_OUTPUTS") * linear.constant("FORWARD_WARPS"),
        LinearLaunches.FORWARD_OUTPUTS_OF_BLOCK);
    assertEquals(linear.constant("BACKWARD_ROWS"), LinearLaunches.BACKWARD_ROWS);
    assertEquals(linear.constant("TILE"), GradientTiles.TILE);
  }

  @Test
  void theWidestFusedLatentSpace() {
    assertEquals(CudaSource.of("latent.cu").constant("FUSED_LATENT"), LatentLaunches.FUSED_LATENT);
  }

  @Test
  void theStateOfARun() {
    CudaSource.Struct struct = CudaSource.of("step.cuh").struct("StepState");
    assertEquals(struct.bytes(), StepState.BYTES);
    assertEquals(struct.offset("step"), StepState.STEP);
    assertEquals(struct.offset("batch"), StepState.BATCH);
    // Zeros are what is written to the rest.
    assertEquals(
        List.of("step", "batch", "failed", "beta", "step_size", "root_scale", "unused"),
        List.copyOf(struct.offsets().keySet()));
  }

  /** GradientTiles writes three addresses and four integers, one after another. */
  @Test
  void theEntriesOfTheTableOfGradients() {
    CudaSource.Struct struct = CudaSource.of("linear.cu").struct("GradientTile");
    assertEquals(struct.bytes(), GradientTiles.BYTES);
    assertEquals(
        "{dy=0, x=8, gradient=16, out=24, in=28, first_out=32, first_in=36}",
        struct.offsets().toString());
  }

  /** The contract of each kernel says how it is launched, and so does its __launch_bounds__. */
  @ParameterizedTest
  @ValueSource(
      strings = {"adam.cu", "gather.cu", "latent.cu", "linear.cu", "loss.cu", "mailbox.cu"})
  void theBlocksOfKernels(String file) {
    CudaSource source = CudaSource.of(file);
    assertTrue(source.kernelCount() > 0);
    assertEquals(source.kernelCount(), source.kernels().size());
    for (CudaSource.Declared kernel : source.kernels()) {
      var blocks = BLOCKS.matcher(kernel.contract());
      assertTrue(blocks.find(), kernel.name());
      String said = blocks.group(1).equals("thread") ? "1" : blocks.group(1);
      assertEquals(Integer.parseInt(said), kernel.block(), kernel.name());
    }
  }

  /** What is packed and compiled where there is no nvcc is all of the folder. */
  @Test
  void theFilesOfTheFolder() throws IOException {
    try (var files = Files.list(Path.of("kernels"))) {
      assertEquals(
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".cu") || name.endsWith(".cuh"))
              .collect(Collectors.toCollection(TreeSet::new)),
          new TreeSet<>(KernelSources.FILES));
    }
  }
}
