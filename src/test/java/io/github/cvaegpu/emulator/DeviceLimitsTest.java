// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jcuda.CudaException;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a GPU of each kind has, and refuses. */
@OnEmulator
class DeviceLimitsTest {
  private static final int SHARED =
      CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
  private static final int NON_PORTABLE = 14;
  private static final int CLUSTER_LAUNCH = 120;

  private TestDevice device;

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
    Emulator.configure("CAPABILITY", "90");
  }

  private void open(int capability) {
    Emulator.loadDriver();
    Emulator.configure("CAPABILITY", Integer.toString(capability));
    device = new TestDevice();
  }

  private static int attribute(int which) {
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 0);
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, which, ordinal);
    return value[0];
  }

  private static int attribute(CUfunction function, int which) {
    int[] value = new int[1];
    JCudaDriver.cuFuncGetAttribute(value, which, function);
    return value[0];
  }

  private static void assertRefused(String error, String report, Runnable launch) {
    var refused = assertThrows(CudaException.class, launch::run);
    assertEquals(error, refused.getMessage());
    assertTrue(Emulator.report().contains(report), Emulator.report());
  }

  @ParameterizedTest
  @CsvSource({
    "75, 64, 64, 1024, 16, 0, 0",
    "80, 163, 164, 2048, 32, 1, 0",
    "86, 99, 100, 1536, 16, 1, 0",
    "89, 99, 100, 1536, 24, 1, 0",
    "90, 227, 228, 2048, 32, 1, 1",
    "100, 227, 228, 2048, 32, 1, 1",
    "103, 227, 228, 2048, 32, 1, 1",
    "120, 99, 100, 1536, 24, 1, 1",
    "121, 99, 100, 1536, 24, 1, 1"
  })
  void aGpuHasWhatItsCapabilitySays(
      int capability,
      int shared,
      int sharedAll,
      int threads,
      int blocks,
      int reserved,
      int cluster) {
    open(capability);
    assertEquals(
        shared << 10,
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
    assertEquals(
        sharedAll << 10,
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR));
    assertEquals(
        threads, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR));
    assertEquals(
        blocks, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR));
    assertEquals(
        reserved << 10,
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK));
    assertEquals(cluster, attribute(CLUSTER_LAUNCH));
    assertEquals(
        48 << 10, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK));
    assertEquals(65536, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK));

    CUfunction function = device.function("reverse_blocks");
    CUdeviceptr x = device.floats(1, 2);
    CUdeviceptr y = device.allocate(8);
    ExtendedLaunch most = ExtendedLaunch.row(1, 2).shared(shared << 10);
    if (shared > 48) {
      assertRefused(
          "CUDA_ERROR_INVALID_VALUE", "dynamic shared memory", () -> most.launch(function, x, y));
    }
    JCudaDriver.cuFuncSetAttribute(function, SHARED, shared << 10);
    most.launch(function, x, y);
    assertEquals(2, device.readFloats(y, 2)[0]);
    var tooMuch =
        assertThrows(
            CudaException.class,
            () -> JCudaDriver.cuFuncSetAttribute(function, SHARED, (shared << 10) + 1));
    assertEquals("CUDA_ERROR_INVALID_VALUE", tooMuch.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {75, 80, 86, 89})
  void aGpuBeforeSm90HasNoClustersAndNoProgrammaticLaunches(int capability) {
    open(capability);
    CUfunction function = device.function("cluster_numbers");
    CUdeviceptr numbers = device.allocate(32);
    for (ExtendedLaunch launch :
        new ExtendedLaunch[] {
          ExtendedLaunch.row(2, 1).cluster(2, 1, 1),
          ExtendedLaunch.row(2, 1).cluster(1, 1, 1),
          ExtendedLaunch.row(2, 1).attribute(ExtendedLaunch.PROGRAMMATIC, 1)
        }) {
      assertRefused(
          "CUDA_ERROR_NOT_SUPPORTED",
          "has neither clusters nor programmatic launches",
          () -> launch.launch(function, numbers));
    }
    ExtendedLaunch.row(2, 1)
        .attribute(ExtendedLaunch.COOPERATIVE, 1)
        .attribute(ExtendedLaunch.PROGRAMMATIC, 0)
        .launch(function, numbers);
    JCudaDriver.cuCtxSynchronize();
  }

  @ParameterizedTest
  @CsvSource({"90, 16", "100, 16", "120, 8"})
  void aClusterHasEightBlocksOrAsManyAsTheGpuAllows(int capability, int most) {
    open(capability);
    CUfunction function = device.function("cluster_numbers");
    CUdeviceptr numbers = device.allocate(32 * 8);
    ExtendedLaunch.row(8, 1).cluster(8, 1, 1).launch(function, numbers);
    assertEquals(8, device.readInts(numbers, 2)[1]);
    ExtendedLaunch sixteen = ExtendedLaunch.row(32, 1).cluster(16, 1, 1);
    assertRefused(
        "CUDA_ERROR_INVALID_CLUSTER_SIZE",
        "clusters of 16 blocks, of which they may have 8",
        () -> sixteen.launch(function, numbers));
    JCudaDriver.cuFuncSetAttribute(function, NON_PORTABLE, 1);
    assertEquals(1, attribute(function, NON_PORTABLE));
    if (most == 16) {
      sixteen.launch(function, numbers);
      assertEquals(16, device.readInts(numbers, 2)[1]);
    }
    assertRefused(
        "CUDA_ERROR_INVALID_CLUSTER_SIZE",
        "of which they may have " + most,
        () -> ExtendedLaunch.row(64, 1).cluster(32, 1, 1).launch(function, numbers));
  }

  @Test
  void aGridIsANumberOfClusters() {
    open(90);
    CUfunction function = device.function("cluster_numbers");
    CUdeviceptr numbers = device.allocate(1024);
    for (ExtendedLaunch launch :
        new ExtendedLaunch[] {
          ExtendedLaunch.row(6, 1).cluster(4, 1, 1),
          new ExtendedLaunch(4, 3, 1, 1, 1, 1).cluster(1, 2, 1),
          new ExtendedLaunch(4, 2, 3, 1, 1, 1).cluster(1, 1, 2),
          ExtendedLaunch.row(4, 1).cluster(0, 1, 1)
        }) {
      assertRefused(
          "CUDA_ERROR_INVALID_CLUSTER_SIZE",
          "is no number of clusters of",
          () -> launch.launch(function, numbers));
    }
  }

  /** As many as its registers allow: those that ptxas named, given out by the warp. */
  @ParameterizedTest
  @CsvSource({"75, 200, 256, 2", "86, 168, 384, 2", "90, 128, 512, 2"})
  void aBlockGetsNoMoreRegistersThanThereAre(
      int capability, int registers, int threads, int ofHalfTheThreads) {
    open(capability);
    CUfunction function = device.function("many_registers");
    CUdeviceptr y = device.allocate(4);
    assertEquals(registers, attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS));
    device.launch("many_registers", 1, threads, y);
    assertEquals(1, device.readFloats(y, 1)[0]);
    assertRefused(
        "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
        "threads of " + registers + " registers",
        () -> device.launch("many_registers", 1, threads + 128, y));
    int[] blocks = new int[1];
    JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads / 2, 0);
    assertEquals(ofHalfTheThreads, blocks[0]);
    JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, 0);
    assertEquals(1, blocks[0]);
  }

  @Test
  void registersBoundWhatRunsTogether() {
    open(90);
    CUfunction function = device.function("many_registers");
    CUdeviceptr y = device.allocate(4);
    // Two blocks of 256 threads on each of 16 multiprocessors.
    assertEquals(8, ExtendedLaunch.row(4, 256).cluster(4, 1, 1).maxActiveClusters(function));
    ExtendedLaunch.row(32, 256).attribute(ExtendedLaunch.COOPERATIVE, 1).launch(function, y);
    JCudaDriver.cuCtxSynchronize();
    assertRefused(
        "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE",
        "33 blocks cannot run together, only 32",
        () ->
            ExtendedLaunch.row(33, 256)
                .attribute(ExtendedLaunch.COOPERATIVE, 1)
                .launch(function, y));
  }

  /** The program's own kernels have ptxas's figures. */
  @Test
  void theKernelsKnowTheirRegisters() {
    open(90);
    CUmodule module = new CUmodule();
    JCudaDriver.cuModuleLoadData(module, Emulator.module("emulator/kernels.so"));
    CUfunction function = new CUfunction();
    JCudaDriver.cuModuleGetFunction(function, module, "latent_forward");
    assertTrue(attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS) > 16);
    assertTrue(attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES) > 0);
  }
}
