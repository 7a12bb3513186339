// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jcuda.driver.CUcomputemode;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The GPU and its primary context, which cuBLAS uses too. It is the first that the driver shows:
 * {@code CUDA_VISIBLE_DEVICES} chooses another.
 */
final class Device implements AutoCloseable {
  private static final int NAME_BYTES = 256;

  /** Compute capability times ten of the oldest GPUs that kernels/build.sh compiles for. */
  static final int LEAST_CAPABILITY = 75;

  /** Whether the primary context is retained beyond the devices that are open. */
  private static boolean isKept;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final String name;
  private final int capability;

  private Device() {
    Check.driver(JCudaDriver.cuInit(0), "cuInit", 0);
    Check.driver(JCudaDriver.cuDeviceGet(device, 0), "cuDeviceGet", 0);
    byte[] bytes = new byte[NAME_BYTES];
    Check.driver(JCudaDriver.cuDeviceGetName(bytes, bytes.length, device), "cuDeviceGetName", 0);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    name = new String(bytes, 0, length, StandardCharsets.UTF_8).strip();
    capability =
        10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    if (capability < LEAST_CAPABILITY) {
      throw new EngineException(
          String.format(
              Locale.ROOT,
              "%s has compute capability %d.%d, and the CUDA engine needs %d.%d or newer: take"
                  + " another GPU with CUDA_VISIBLE_DEVICES, or --engine cpu.",
              name,
              capability / 10,
              capability % 10,
              LEAST_CAPABILITY / 10,
              LEAST_CAPABILITY % 10));
    }
    retain();
    keep();
  }

  private void retain() {
    int mode = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_MODE);
    int status = JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    if (mode == CUcomputemode.CU_COMPUTEMODE_PROHIBITED && status != CUresult.CUDA_SUCCESS) {
      throw new EngineException(
          "%s is in compute mode prohibited, in which no program may use it: the administrator can"
                  .formatted(name)
              + " change that (nvidia-smi -c DEFAULT).");
    }
    if (status == CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE) {
      throw new EngineException(
          mode == CUcomputemode.CU_COMPUTEMODE_EXCLUSIVE_PROCESS
              ? ("%s is in compute mode exclusive process, and another program has it (nvidia-smi"
                      + " lists it): wait until that has ended, or take another GPU with"
                      + " CUDA_VISIBLE_DEVICES.")
                  .formatted(name)
              : "%s is not available at the moment: look for it in nvidia-smi and in the system's log."
                  .formatted(name));
    }
    if (Check.isLoss(status)) {
      // Nothing is lost yet: to start again at once would end the same way.
      throw new EngineException(
          "%s cannot be opened: %s. Look for it in nvidia-smi and in the system's log."
              .formatted(name, Check.driverText(status)));
    }
    Check.driver(status, "cuDevicePrimaryCtxRetain", name);
  }

  /**
   * Retains the primary context once more, until the process ends. NVIDIA's runtime within cuBLAS
   * works in it and never hears that it is gone: if the last of our devices let go of it, the
   * driver would reset it, and the next device's cuBLAS might find its own state destroyed (error
   * 709). It keeps some hundred megabytes of the GPU, but nothing of any model.
   */
  private void keep() {
    synchronized (Device.class) {
      if (!isKept) {
        Check.driver(
            JCudaDriver.cuDevicePrimaryCtxRetain(new CUcontext(), device),
            "cuDevicePrimaryCtxRetain",
            name);
        isKept = true;
      }
    }
  }

  /** Opens the GPU and makes it this thread's. */
  static Device open() {
    var device = new Device();
    device.makeCurrent();
    return device;
  }

  /** A {@code CU_DEVICE_ATTRIBUTE_} of the GPU. */
  int attribute(int attribute) {
    int[] value = new int[1];
    Check.driver(
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device),
        "cuDeviceGetAttribute",
        CUdevice_attribute.stringFor(attribute),
        name);
    return value[0];
  }

  /** Makes calls of this thread go to this GPU. */
  void makeCurrent() {
    Check.driver(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent", name);
  }

  /** Waits for all that the GPU has been given. */
  void synchronize() {
    Check.driver(JCudaDriver.cuCtxSynchronize(), "cuCtxSynchronize", name);
  }

  /** The GPU's name, e.g. {@code NVIDIA H200}. */
  String name() {
    return name;
  }

  /** Compute capability as in {@code sm_90}: 90. */
  int capability() {
    return capability;
  }

  /** The newest CUDA that the driver supports, e.g. {@code 13.0}. */
  static String driverVersion() {
    return driverMajor() + "." + driverNumber() % 1000 / 10;
  }

  /** Its major version, e.g. 13. */
  static int driverMajor() {
    return driverNumber() / 1000;
  }

  /** As the driver gives it, e.g. 13000. */
  static int driverNumber() {
    int[] version = new int[1];
    Check.driver(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
    return version[0];
  }

  /** Of a context that has failed nothing is kept: what is opened next may begin anew. */
  @Override
  public void close() {
    JCudaDriver.cuCtxSetCurrent(context);
    boolean hasFailed = Check.isLoss(JCudaDriver.cuStreamQuery(JCudaDriver.CU_STREAM_LEGACY));
    release();
    synchronized (Device.class) {
      if (hasFailed && isKept) {
        isKept = false;
        release();
      }
    }
  }

  private void release() {
    Check.driver(JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease", name);
  }
}
