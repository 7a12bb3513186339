// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import io.github.cvaegpu.model.Targets;

/** The launch of fused_update.cu. */
final class FusedUpdateLaunches {
  private final KernelModule module;

  FusedUpdateLaunches(KernelModule module) {
    this.module = module;
  }

  /**
   * Gradients by all parameters that the tiles list, and one update of these.
   *
   * @param gradients where the gradients go, for who wants to see them; or null
   */
  void update(
      CudaStream stream,
      boolean isProgrammatic,
      Targets targets,
      UpdateTiles tiles,
      StepInput input,
      DevicePointer images,
      int rows,
      TrainedNetwork trained,
      DevicePointer gradients) {
    LaunchShape shape = LaunchShape.of(tiles.count(), 1, LinearVariant.GROUP_THREADS);
    module
        .kernel(tiles.variant().kernel("fused_update_" + targets.text()))
        .launch(
            stream,
            tiles.work(rows),
            shape.programmatic(isProgrammatic),
            args()
                .pointer(tiles.address())
                .pointer(input.pixels())
                .pointer(images)
                .i32(rows)
                .pointer(input.state().address())
                .pointer(trained.parameters().address())
                .pointer(trained.firstMoment())
                .pointer(trained.secondMoment())
                .pointer(gradients));
  }
}
