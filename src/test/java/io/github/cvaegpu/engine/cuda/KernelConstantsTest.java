// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Java and the kernels both state is the same. */
class KernelConstantsTest {
  private static final Pattern BLOCKS =
      Pattern.compile("Launch: [^:]*?(?:blocks of|one block of|one) (\\d+(?: \\d+)?|thread)\\b");

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
    assertEquals(struct.offset("failed"), StepState.FAILED);
    assertEquals(struct.offset("beta"), StepState.BETA);
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

  /** UpdateTiles writes these one after another. */
  @Test
  void theEntriesOfTheTableOfUpdates() {
    CudaSource.Struct struct = CudaSource.of("fused_update.cu").struct("UpdateTile");
    assertEquals(struct.bytes(), UpdateTiles.BYTES);
    assertEquals(
        "{dy=0, x=8, first=16, out=24, in=28, first_out=32, first_in=36}",
        struct.offsets().toString());
  }

  /** MiddleLayers writes these one after another, and after the last of a table two integers. */
  @Test
  void theTableOfTheMiddle() {
    CudaSource middle = CudaSource.of("fused_middle.cu");
    CudaSource.Struct layer = middle.struct("MiddleLayer");
    assertEquals(layer.bytes(), MiddleLayers.LAYER_BYTES);
    assertEquals(
        "{weight=0, bias=8, x=16, y=24, dx=32, in=40, out=44}", layer.offsets().toString());
    assertEquals(middle.constant("MIDDLE_LAYERS"), MiddleLayers.MOST);
    assertEquals(middle.constant("MIDDLE_THREADS"), MiddleLayers.THREADS);
    assertEquals(middle.constant("MIDDLE_SHARED_FROM"), MiddleLayers.SHARED_FROM);
    assertEquals(middle.constant("MIDDLE_PART"), MiddleLayers.PART);
    assertEquals(middle.constant("MIDDLE_PARTS"), MiddleLayers.PARTS);
    assertEquals(middle.constant("MIDDLE_PARTS_FLOATS"), MiddleLayers.PARTS_FLOATS);
  }

  @Test
  void howLargeProductsAreCut() {
    CudaSource gemm = CudaSource.of("gemm.cuh");
    assertEquals(gemm.constant("CHUNKS"), LinearVariant.CHUNKS);
    assertEquals(gemm.constant("GROUP_THREADS"), LinearVariant.GROUP_THREADS);
  }

  /** Every variant that Java may choose is there, and none that it may not. */
  @Test
  void theVariantsOfFusedKernels() {
    Set<String> chosen = new TreeSet<>();
    for (LinearVariant variant : LinearVariant.all(true)) {
      chosen.add(variant.kernel("fused_first_forward_grey"));
      chosen.add(variant.kernel("fused_output_bernoulli_grey"));
      chosen.add(variant.kernel("fused_output_backward"));
    }
    for (int rows : MiddleVariant.ROWS) {
      chosen.add(new MiddleVariant(rows, 1).kernel("fused_middle_forward"));
      chosen.add(new MiddleVariant(rows, 1).kernel("fused_middle_backward"));
    }
    for (UpdateVariant variant : UpdateVariant.ALL) {
      chosen.add(variant.kernel("fused_update_grey"));
    }
    Set<String> there = new TreeSet<>();
    for (String file : List.of("fused_linear.cu", "fused_middle.cu", "fused_update.cu")) {
      CudaSource.of(file).kernels().forEach(kernel -> there.add(kernel.name()));
    }
    assertEquals(there, chosen);
  }

  /** The contract of each kernel says how it is launched, and so does its __launch_bounds__. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "adam.cu",
        "fused_linear.cu",
        "fused_middle.cu",
        "fused_update.cu",
        "gather.cu",
        "latent.cu",
        "linear.cu",
        "loss.cu",
        "mailbox.cu"
      })
  void theBlocksOfKernels(String file) {
    CudaSource source = CudaSource.of(file);
    assertTrue(source.kernelCount() > 0);
    assertEquals(source.kernelCount(), source.kernels().size());
    for (CudaSource.Declared kernel : source.kernels()) {
      var blocks = BLOCKS.matcher(kernel.contract());
      assertTrue(blocks.find(), kernel.name());
      int said = 1;
      for (String factor : blocks.group(1).replace("thread", "1").split(" ", -1)) {
        said *= Integer.parseInt(factor);
      }
      assertEquals(said, kernel.block(), kernel.name());
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
