// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What hardware and other programs do to a device, made by settings of the emulator. */
@OnEmulator
class PlantedFailureTest {
  private TestDevice device;

  @BeforeEach
  void open() {
    Emulator.load();
    device = new TestDevice();
  }

  @AfterEach
  void close() {
    Emulator.configure("FAIL", "");
    Emulator.configure("LOSE", "");
    Emulator.configure("COMPUTE_MODE", "default");
    Emulator.configure("TAKEN_MB", "0");
    Emulator.configure("LAUNCH_BLOCKING", "0");
    Emulator.configure("DELAY_US", "0");
    Emulator.configure("DEVICES", "1");
    device.close();
  }

  private static void assertThrowsError(String error, Runnable call) {
    assertEquals(error, assertThrows(CudaException.class, call::run).getMessage());
  }

  @Test
  void theCallThatIsToFailFailsOnce() {
    Emulator.configure("FAIL", "cuMemAlloc:2:2");
    device.allocate(4);
    JCudaDriver.cuStreamCreate(new CUstream(), 0);
    assertThrowsError("CUDA_ERROR_OUT_OF_MEMORY", () -> device.allocate(4));
    device.allocate(4);
  }

  @Test
  void whatMeansNothingIsRefused() {
    for (String text :
        List.of("cuMemAlloc", ":1:2", "cuMemAlloc:0:2", "cuMemAlloc:1:2x", "x:y:z")) {
      assertThrows(IllegalArgumentException.class, () -> Emulator.configure("FAIL", text), text);
    }
    for (String text : List.of("3", "0:999", "3:", "x:1")) {
      assertThrows(IllegalArgumentException.class, () -> Emulator.configure("LOSE", text), text);
    }
    assertThrows(
        IllegalArgumentException.class, () -> Emulator.configure("COMPUTE_MODE", "shared"));
  }

  /** The kernel after it is not done, and nothing that follows succeeds. */
  @Test
  void aDeviceThatIsLostStaysLost() {
    CUdeviceptr y = device.allocate(64 * 4);
    Emulator.configure("LOSE", "2:214");
    device.launch("unwritten_shared", 1, 64, y);
    JCudaDriver.cuCtxSynchronize();
    device.launch("unwritten_shared", 1, 64, y);
    assertThrowsError("CUDA_ERROR_ECC_UNCORRECTABLE", JCudaDriver::cuCtxSynchronize);
    assertThrowsError("CUDA_ERROR_ECC_UNCORRECTABLE", () -> device.allocate(4));
    assertTrue(Emulator.report().contains("lost, as planted"), Emulator.report());
  }

  @Test
  void aComputeModeKeepsOthersOut() {
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 0);
    int[] mode = new int[1];
    for (String name : List.of("prohibited", "exclusive")) {
      Emulator.configure("COMPUTE_MODE", name);
      assertThrowsError(
          "CUDA_ERROR_DEVICE_UNAVAILABLE",
          () -> JCudaDriver.cuCtxCreate(new CUcontext(), 0, ordinal));
      JCudaDriver.cuDeviceGetAttribute(
          mode, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, ordinal);
      assertEquals(name.equals("prohibited") ? 2 : 3, mode[0]);
    }
  }

  @Test
  void memoryThatOthersHaveCannotBeHad() {
    long[] free = new long[1];
    long[] total = new long[1];
    JCudaDriver.cuMemGetInfo(free, total);
    long before = free[0];
    Emulator.configure("TAKEN_MB", Long.toString((before >> 20) - 1));
    JCudaDriver.cuMemGetInfo(free, total);
    assertTrue(free[0] < 2 << 20, free[0] + " bytes");
    assertThrowsError("CUDA_ERROR_OUT_OF_MEMORY", () -> device.allocate(4 << 20));
    device.allocate(1 << 10);
  }

  /** A launch that does not block returns long before the delay is over. */
  @Test
  void aLaunchThatBlocksReturnsWhenItIsDone() {
    CUdeviceptr y = device.allocate(64 * 4);
    Emulator.configure("DELAY_US", "100000");
    for (boolean blocks : new boolean[] {false, true}) {
      Emulator.configure("LAUNCH_BLOCKING", blocks ? "1" : "0");
      device.launch("unwritten_shared", 1, 64, y);
      JCudaDriver.setExceptionsEnabled(false);
      int status = JCudaDriver.cuStreamQuery(null);
      JCudaDriver.setExceptionsEnabled(true);
      assertEquals(blocks ? 0 : 600, status);
      JCudaDriver.cuCtxSynchronize();
    }
  }

  @Test
  void whatIsHeldIsCounted() {
    long before = Emulator.held();
    CUdeviceptr memory = device.allocate(4);
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, 0);
    cublasHandle handle = new cublasHandle();
    JCublas2.cublasCreate(handle);
    assertEquals(before + 3, Emulator.held());
    JCublas2.cublasDestroy(handle);
    JCudaDriver.cuStreamDestroy(stream);
    JCudaDriver.cuMemFree(memory);
    assertEquals(before, Emulator.held());
  }

  /**
   * NVIDIA's runtime, which is in cuBLAS, works in the primary context and hears nothing of its
   * end.
   */
  @Test
  void cublasDoesNotGetOverTheEndOfItsPrimaryContext() {
    JCublas2.setExceptionsEnabled(true);
    Emulator.configure("DEVICES", "2");
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 1);
    CUcontext context = new CUcontext();
    cublasHandle handle = new cublasHandle();
    JCudaDriver.cuDevicePrimaryCtxRetain(context, ordinal);
    JCudaDriver.cuDevicePrimaryCtxRetain(context, ordinal);
    JCudaDriver.cuCtxSetCurrent(context);
    for (int users = 2; users > 0; users--) {
      JCublas2.cublasCreate(handle);
      JCublas2.cublasDestroy(handle);
      JCudaDriver.cuDevicePrimaryCtxRelease(ordinal);
    }
    JCudaDriver.cuDevicePrimaryCtxRetain(context, ordinal);
    JCudaDriver.cuCtxSetCurrent(context);
    assertThrowsError("CUBLAS_STATUS_NOT_INITIALIZED", () -> JCublas2.cublasCreate(handle));
    JCudaDriver.cuDevicePrimaryCtxRelease(ordinal);
    JCudaDriver.cuCtxSetCurrent(device.context());
  }
}
