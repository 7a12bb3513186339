// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import jcuda.driver.CUdeviceptr;

/** An address on the GPU, whose number can be had: tables on the GPU hold addresses. */
final class DevicePointer extends CUdeviceptr {
  /** No address. */
  static final DevicePointer NULL = new DevicePointer();

  /** A pointer that a call to the driver sets. */
  DevicePointer() {}

  private DevicePointer(DevicePointer base, long offset) {
    super(base, offset);
  }

  @Override
  public DevicePointer withByteOffset(long offset) {
    return new DevicePointer(this, offset);
  }

  /** The address. */
  long address() {
    return getNativePointer() + getByteOffset();
  }
}
