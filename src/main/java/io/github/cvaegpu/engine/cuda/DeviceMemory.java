// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Memory of the GPU: allocated while a model is made, freed with it, and never in between. */
final class DeviceMemory implements AutoCloseable {
  private final List<DevicePointer> allocations = new ArrayList<>();

  /** Allocates bytes of unspecified content, aligned for anything. */
  DevicePointer bytes(long count) {
    var pointer = new DevicePointer();
    Check.driver(
        JCudaDriver.cuMemAlloc(pointer, Math.max(1, count)), "cuMemAlloc", count + " bytes");
    allocations.add(pointer);
    return pointer;
  }

  /** Allocates floats of unspecified content. */
  DevicePointer floats(long count) {
    return bytes(Math.multiplyExact(count, Float.BYTES));
  }

  /** Copies floats to the GPU. What the GPU is doing must not use them. */
  static void upload(DevicePointer to, float[] from) {
    upload(to, Pointer.to(from), (long) from.length * Float.BYTES);
  }

  /** Copies bytes to the GPU. What the GPU is doing must not use them. */
  static void upload(DevicePointer to, Pointer from, long bytes) {
    if (bytes > 0) {
      Check.driver(JCudaDriver.cuMemcpyHtoD(to, from, bytes), "cuMemcpyHtoD", to, bytes + " bytes");
      // The call may return before the bytes are there, and our streams do not wait for it. It is
      // on this stream; to wait for the device would be to wait for other models too.
      Check.driver(
          JCudaDriver.cuStreamSynchronize(JCudaDriver.CU_STREAM_LEGACY), "cuStreamSynchronize");
    }
  }

  /** Copies floats from the GPU, which has to be done with them. */
  static void download(DevicePointer from, float[] to) {
    download(from, Pointer.to(to), (long) to.length * Float.BYTES);
  }

  /** Copies bytes from the GPU, which has to be done with them. */
  static void download(DevicePointer from, Pointer to, long bytes) {
    if (bytes > 0) {
      Check.driver(
          JCudaDriver.cuMemcpyDtoH(to, from, bytes), "cuMemcpyDtoH", from, bytes + " bytes");
    }
  }

  @Override
  public void close() {
    for (DevicePointer pointer : allocations.reversed()) {
      Check.driver(JCudaDriver.cuMemFree(pointer), "cuMemFree", pointer);
    }
    allocations.clear();
  }
}
