// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

/** The launch of adam.cu. */
final class AdamLaunches {
  private static final int BLOCK = 256;

  /** Operations on an element, as Work counts them. */
  static final int FLOP = 14;

  /** Floats moved for an element: four read, three written. */
  private static final int FLOATS = 7;

  private final Kernel update;

  AdamLaunches(KernelModule module) {
    update = module.kernel("adam_update");
  }

  /** One update of all parameters. */
  void update(CudaStream stream, StepState state, TrainedNetwork network) {
    int quads = network.parameters().layout().size() / 4;
    long floats = network.parameters().layout().size();
    update.launch(
        stream,
        Work.onFloats(FLOP * floats, FLOATS * floats),
        Math.ceilDiv(quads, BLOCK),
        1,
        BLOCK,
        args()
            .pointer(state.address())
            .pointer(network.gradients().address())
            .i32(quads)
            .pointer(network.firstMoment())
            .pointer(network.secondMoment())
            .pointer(network.parameters().address()));
  }
}
