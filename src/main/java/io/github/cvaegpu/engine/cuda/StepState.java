// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;

/**
 * Where a run stands, on the GPU: struct StepState of step.cuh. A captured step gets the same
 * arguments in every replay; what changes from step to step is here, and the step itself goes on.
 */
final class StepState {
  static final int BYTES = 32;
  static final int STEP = 0;
  static final int BATCH = 8;
  static final int FAILED = 12;
  static final int BETA = 16;

  private final DevicePointer address;

  StepState(DeviceMemory memory) {
    address = memory.bytes(BYTES);
  }

  DevicePointer address() {
    return address;
  }

  /** Where the host's answer is: beta, or what the KL term has in place of it. */
  DevicePointer beta() {
    return address.withByteOffset(BETA);
  }

  /**
   * Sets which step comes next. The GPU must be idle.
   *
   * @param step training steps before it, over the whole run
   * @param batch its batch of the epoch
   */
  void set(long step, int batch) {
    write(step, batch, false);
  }

  /** Begins at the first step and batch, and no step waits for a beta: for timing. */
  void setUnanswered() {
    write(0, 0, true);
  }

  private void write(long step, int batch, boolean waitsForNothing) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    bytes.putLong(STEP, step).putInt(BATCH, batch).putInt(FAILED, waitsForNothing ? 1 : 0);
    DeviceMemory.upload(address, Pointer.to(bytes.array()), BYTES);
  }
}
