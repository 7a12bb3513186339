// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jcuda.CudaException;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels with an error each: the emulator finds it and says where it is. */
@OnEmulator
class PlantedErrorTest {
  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice();
  }

  @AfterEach
  void close() {
    device.close();
    Emulator.configure("ORDER", "ascending");
    Emulator.configure("GUARD", "after");
    Emulator.configure("TIMEOUT_S", "30");
  }

  /** Waits for the device, expecting an error and a report with these words. */
  private static void assertFails(String error, String... words) {
    var failure = assertThrows(CudaException.class, JCudaDriver::cuCtxSynchronize);
    assertEquals(error, failure.getMessage());
    String report = Emulator.report();
    for (String word : words) {
      assertTrue(report.contains(word), report);
    }
  }

  @Test
  void aWritePastTheEndOfMemory() {
    CUdeviceptr y = device.allocate(1000 * 4);
    device.launch("overrun", 4, 256, y, 1000);
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "kernel overrun, block (3,0,0), thread (232,0,0): write",
        ", 0 bytes after the end of allocation",
        "(4000 bytes of device memory");
  }

  /**
   * Only a multiple of 16 bytes ends at a guard page: what lies between is looked at afterwards.
   */
  @Test
  void aWritePastTheEndOfMemoryOfAnOddSize() {
    CUdeviceptr y = device.allocate(1001 * 4);
    device.launch("overrun", 4, 256, y, 1001);
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS", "kernel overrun: has written 0 bytes after the end of");
  }

  @Test
  void aReadBeforeTheStartOfMemory() {
    Emulator.configure("GUARD", "before");
    CUdeviceptr x = device.floats(new float[64]);
    CUdeviceptr y = device.allocate(64 * 4);
    device.launch("underrun", 1, 64, x, y, 64);
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS", "thread (0,0,0): read", ", 4 bytes before the start of");
  }

  /** Without the guard page there, a read before the start gives poison. */
  @Test
  void aReadBeforeTheStartOfMemoryIsANaN() {
    CUdeviceptr x = device.floats(new float[60]);
    CUdeviceptr y = device.allocate(60 * 4);
    device.launch("underrun", 1, 64, x, y, 60);
    float[] result = device.readFloats(y, 60);
    assertTrue(Float.isNaN(result[0]));
    assertEquals(0.0f, result[1]);
  }

  @Test
  void aWriteBeforeTheStartOfMemory() {
    CUdeviceptr y = device.allocate(64);
    device.launch("write_before", 1, 1, y);
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS", "kernel write_before: has written 4 bytes before the start");
  }

  @ParameterizedTest
  @ValueSource(ints = {64, TestDevice.LARGE_BYTES})
  void aUseAfterAFree(int bytes) {
    CUdeviceptr y = device.allocate(bytes);
    JCudaDriver.cuMemFree(y);
    device.launch("overrun", 1, 1, y, 16);
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "byte 0 of allocation", "which was freed");
  }

  @Test
  void anElementThatWasNotWritten() {
    CUdeviceptr y = device.allocate(100 * 4);
    device.launch("gaps", 1, 128, y, 100);
    float[] result = device.readFloats(y, 100);
    for (int i = 0; i < 100; i++) {
      assertEquals(i % 7 == 3, Float.isNaN(result[i]), "element " + i);
    }
  }

  @Test
  void sharedMemoryThatWasNotWritten() {
    CUdeviceptr y = device.allocate(64 * 4);
    // Twice: what a first block left must not be what a second one finds.
    for (int launch = 0; launch < 2; launch++) {
      device.launch("unwritten_shared", 1, 64, y);
      float[] result = device.readFloats(y, 64);
      assertEquals(1.0f, result[62]);
      assertTrue(Float.isNaN(result[63]));
    }
  }

  @Test
  void aMissingBarrier() {
    for (String order : new String[] {"ascending", "descending", "shuffled"}) {
      Emulator.configure("ORDER", order);
      CUdeviceptr y = device.allocate(64 * 4);
      device.launch("missing_barrier", 1, 64, y);
      int missing = 0;
      for (float value : device.readFloats(y, 64)) {
        missing += Float.isNaN(value) ? 1 : 0;
      }
      assertEquals(32, missing, order);
    }
  }

  @Test
  void aBarrierThatHalfOfTheThreadsReach() {
    CUdeviceptr y = device.allocate(64 * 4);
    device.launch("divergent_barrier", 1, 64, y);
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel divergent_barrier, block (0,0,0): barrier divergence: of 64 threads 32 have ended",
        "32 wait at a barrier in test_kernels.cu:");
  }

  @Test
  void twoBarriersForOneBlock() {
    CUdeviceptr y = device.allocate(64 * 4);
    device.launch("two_barriers", 1, 64, y);
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel two_barriers, block (0,0,0): barrier divergence: of 64 threads 0 have ended; 32"
            + " wait at",
        "thread (32,0,0) among them");
  }

  @Test
  void lanesThatCallDifferentWarpFunctions() {
    CUdeviceptr y = device.allocate(32 * 4);
    device.launch("divergent_warp", 1, 32, y);
    assertFails("CUDA_ERROR_LAUNCH_FAILED", "barrier divergence", "wait at a warp function");
  }

  @Test
  void aWritePastDynamicSharedMemory() {
    JCudaDriver.cuLaunchKernel(
        device.function("shared_overrun"),
        1,
        1,
        1,
        32,
        1,
        1,
        400,
        null,
        TestDevice.arguments(100),
        null);
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "after the end of dynamic shared memory (400 bytes)");
  }

  @Test
  void anIndexBeyondASharedArray() {
    device.launch("shared_index", 1, 1, device.allocate(16), 3, 33);
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "kernel shared_index",
        "index 33 is beyond the array at test_kernels.cu:");
  }

  @Test
  void aMisalignedVector() {
    CUdeviceptr x = device.floats(1, 2, 3, 4, 5, 6, 7, 8);
    device.launch("misaligned", 1, 1, x, device.allocate(16));
    assertFails(
        "CUDA_ERROR_MISALIGNED_ADDRESS",
        "kernel misaligned",
        "misaligned access",
        "at test_kernels.cu:");
  }

  @Test
  void aTrap() {
    device.launch("trap", 1, 1);
    assertFails("CUDA_ERROR_LAUNCH_FAILED", "kernel trap", "__trap() at test_kernels.cu:");
  }

  @Test
  void aStackThatIsTooSmall() {
    device.launch("deep", 1, 1, device.allocate(16), 1 << 20);
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "kernel deep", "stack overflow");
  }

  @Test
  void aKernelThatDoesNotEnd() {
    Emulator.configure("TIMEOUT_S", "1");
    device.launch("endless", 3, 32, device.ints(0));
    assertFails("CUDA_ERROR_LAUNCH_TIMEOUT", "kernel endless: has not ended after 1 seconds");
  }

  @Test
  void aFailureLastsUntilTheContextIsDestroyed() {
    CUdeviceptr y = device.allocate(64);
    device.launch("trap", 1, 1);
    assertThrows(CudaException.class, JCudaDriver::cuCtxSynchronize);
    var second = assertThrows(CudaException.class, () -> device.readFloats(y, 1));
    assertEquals("CUDA_ERROR_LAUNCH_FAILED", second.getMessage());
    device.close();
    device = new TestDevice();
    assertEquals(1.0f, device.readFloats(device.floats(1), 1)[0]);
  }
}
