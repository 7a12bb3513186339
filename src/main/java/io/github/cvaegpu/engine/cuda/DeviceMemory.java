// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TooLittleMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Memory of the GPU: allocated while a model is made, freed with it, and never in between. */
final class DeviceMemory implements AutoCloseable {
  private record Allocation(DevicePointer pointer, long bytes) {}

  private final List<Allocation> allocations = new ArrayList<>();

  /** Allocates bytes of unspecified content, aligned for anything. */
  DevicePointer bytes(long count) {
    return bytes(count, "Take a smaller --batch or smaller --hidden layers, or end other programs");
  }

  /** The same of what every model has, whatever its size. */
  DevicePointer fixedBytes(long count) {
    return bytes(count, "Every model needs that much, whatever its size: end other programs");
  }

  private DevicePointer bytes(long count, String remedy) {
    var pointer = new DevicePointer();
    int status = JCudaDriver.cuMemAlloc(pointer, Math.max(1, count));
    if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new TooLittleMemoryException(tooLittle(count, remedy));
    }
    Check.driver(status, "cuMemAlloc", count + " bytes");
    allocations.add(new Allocation(pointer, count));
    return pointer;
  }

  private String tooLittle(long asked, String remedy) {
    long[] free = new long[1];
    long[] total = new long[1];
    boolean isKnown = JCudaDriver.cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS;
    long held = allocations.stream().mapToLong(Allocation::bytes).sum();
    return String.format(
        Locale.ROOT,
        "cuMemAlloc(%d bytes) failed: the GPU has too little free memory%s, and this model holds %s"
            + " of it already. %s that use the GPU (nvidia-smi lists them).",
        asked,
        isKnown ? ", %s of %s".formatted(megabytes(free[0]), megabytes(total[0])) : "",
        megabytes(held),
        remedy);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MB", bytes >> 20);
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
      Check.driver(JCudaDriver.cuMemcpyHtoD(to, from, bytes), "cuMemcpyHtoD", bytes + " bytes");
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
      Check.driver(JCudaDriver.cuMemcpyDtoH(to, from, bytes), "cuMemcpyDtoH", bytes + " bytes");
    }
  }

  @Override
  public void close() {
    for (Allocation allocation : allocations.reversed()) {
      DevicePointer pointer = allocation.pointer();
      Check.driver(JCudaDriver.cuMemFree(pointer), "cuMemFree");
    }
    allocations.clear();
  }
}
