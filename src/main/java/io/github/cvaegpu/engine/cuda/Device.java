// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * The GPU and its primary context, which cuBLAS uses too. It is the first that the driver shows:
 * {@code CUDA_VISIBLE_DEVICES} chooses another.
 */
final class Device implements AutoCloseable {
  private static final int NAME_BYTES = 256;

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
    Check.driver(
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain", name);
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

  @Override
  public void close() {
    Check.driver(JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease", name);
  }
}
