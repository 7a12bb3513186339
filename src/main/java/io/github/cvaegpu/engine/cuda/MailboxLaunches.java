// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

/** Launches of mailbox.cu. */
final class MailboxLaunches {
  private static final int STEP_END_BLOCK = 256;

  private final Kernel stepBegin;
  private final Kernel stepEnd;

  MailboxLaunches(KernelModule module) {
    stepBegin = module.kernel("step_begin");
    stepEnd = module.kernel("step_end");
  }

  /** Adam's factors of the step, and beta, for which it waits. */
  void stepBegin(CudaStream stream, StepState state, Mailbox mailbox, DevicePointer rates) {
    stepBegin.launch(
        stream,
        Work.NONE,
        1,
        1,
        1,
        args()
            .pointer(state.address())
            .pointer(rates)
            .pointer(mailbox.betas())
            .i32(Mailbox.RING - 1)
            .i64(mailbox.patience().toNanos())
            .pointer(mailbox.status()));
  }

  /** Tells the step's losses and goes on to the next. */
  void stepEnd(
      CudaStream stream,
      StepState state,
      DevicePointer loss,
      DevicePointer kl,
      int rows,
      Mailbox mailbox) {
    stepEnd.launch(
        stream,
        Work.onFloats(2L * rows, 2L * rows),
        1,
        1,
        STEP_END_BLOCK,
        args()
            .pointer(state.address())
            .pointer(loss)
            .pointer(kl)
            .i32(rows)
            .pointer(mailbox.reconstructionLosses())
            .pointer(mailbox.klDivergences())
            .i32(Mailbox.RING - 1));
  }
}
