// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Devices, memory, modules and right kernels. */
@OnEmulator
class EmulatedDriverTest {
  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice();
  }

  @AfterEach
  void close() {
    device.close();
    Emulator.configure("ORDER", "ascending");
    Emulator.configure("MEMORY_MB", "4096");
  }

  @Test
  void aDeviceSaysWhatItIs() {
    int[] count = new int[1];
    JCudaDriver.cuDeviceGetCount(count);
    assertEquals(1, count[0]);
    byte[] name = new byte[256];
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 0);
    JCudaDriver.cuDeviceGetName(name, name.length, ordinal);
    assertTrue(new String(name, StandardCharsets.US_ASCII).contains("not a GPU"));
    assertEquals(9, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
    assertEquals(32, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE));
    assertEquals(1, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY));
    assertEquals(1, attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH));
    assertEquals(
        232448,
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }

  private static int attribute(int which) {
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 0);
    int[] value = new int[1];
    JCudaDriver.cuDeviceGetAttribute(value, which, ordinal);
    return value[0];
  }

  @Test
  void memoryKeepsWhatIsCopied() {
    float[] values = {1, -2, 3.5f, Float.MIN_VALUE, Float.NaN};
    CUdeviceptr first = device.floats(values);
    CUdeviceptr second = device.allocate(4L * values.length);
    JCudaDriver.cuMemcpyDtoD(second, first, 4L * values.length);
    assertArrayEquals(values, device.readFloats(second, values.length));
    JCudaDriver.cuMemsetD32(second, 7, 3);
    JCudaDriver.cuMemsetD8(second.withByteOffset(4), (byte) -1, 4);
    assertArrayEquals(new int[] {7, -1, 7}, device.readInts(second, 3));
  }

  @Test
  void freshMemoryIsPoison() {
    CUdeviceptr fresh = device.allocate(40);
    for (int bits : device.readInts(fresh, 10)) {
      assertEquals(0x7fa5a5a5, bits);
    }
    for (float value : device.readFloats(fresh, 10)) {
      assertTrue(Float.isNaN(value));
    }
  }

  /** Its poison is in memory once, until an allocation writes to what then are pages of its own. */
  @Test
  void freshMemoryOfALargeAllocationIsPoisonOfItsOwn() {
    int words = TestDevice.LARGE_BYTES / 4;
    CUdeviceptr first = device.allocate(TestDevice.LARGE_BYTES);
    CUdeviceptr second = device.allocate(TestDevice.LARGE_BYTES);
    JCudaDriver.cuMemsetD32(first, 7, words);
    int[] expected = new int[words];
    Arrays.fill(expected, 7);
    assertArrayEquals(expected, device.readInts(first, words));
    Arrays.fill(expected, 0x7fa5a5a5);
    assertArrayEquals(expected, device.readInts(second, words));
  }

  @Test
  void copiesBeyondAnAllocationAreRefused() {
    CUdeviceptr small = device.allocate(16);
    var refused = assertThrows(CudaException.class, () -> device.readFloats(small, 5));
    assertEquals("CUDA_ERROR_INVALID_VALUE", refused.getMessage());
    assertTrue(Emulator.report().contains("20 bytes"), Emulator.report());
  }

  @Test
  void memoryRunsOutAndComesBack() {
    Emulator.configure("MEMORY_MB", "1");
    long[] free = new long[1];
    long[] total = new long[1];
    JCudaDriver.cuMemGetInfo(free, total);
    assertEquals(1 << 20, total[0]);
    CUdeviceptr most = device.allocate(900_000);
    var full = assertThrows(CudaException.class, () -> device.allocate(200_000));
    assertEquals("CUDA_ERROR_OUT_OF_MEMORY", full.getMessage());
    JCudaDriver.cuMemFree(most);
    device.allocate(200_000);
  }

  @Test
  void thePrimaryContextIsSharedAndGoesWithItsLastUser() {
    // The second device: of the first the CUDA engine keeps it for good, in tests of this process.
    Emulator.configure("DEVICES", "2");
    CUdevice ordinal = new CUdevice();
    JCudaDriver.cuDeviceGet(ordinal, 1);
    CUcontext first = new CUcontext();
    CUcontext second = new CUcontext();
    JCudaDriver.cuDevicePrimaryCtxRetain(first, ordinal);
    JCudaDriver.cuDevicePrimaryCtxRetain(second, ordinal);
    assertEquals(first, second);
    JCudaDriver.cuCtxSetCurrent(first);
    JCudaDriver.cuDevicePrimaryCtxRelease(ordinal);
    device.allocate(4);
    JCudaDriver.cuDevicePrimaryCtxRelease(ordinal);
    var gone = assertThrows(CudaException.class, () -> JCudaDriver.cuCtxSetCurrent(first));
    assertEquals("CUDA_ERROR_INVALID_CONTEXT", gone.getMessage());
    JCudaDriver.cuCtxSetCurrent(device.context());
    Emulator.configure("DEVICES", "1");
  }

  @Test
  void errorsHaveNamesAndTexts() {
    String[] text = new String[1];
    JCudaDriver.cuGetErrorString(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, text);
    assertEquals("an illegal memory access was encountered", text[0]);
    JCudaDriver.cuGetErrorName(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, text);
    assertEquals("CUDA_ERROR_ILLEGAL_ADDRESS", text[0]);
  }

  @Test
  void aKernelComputes() {
    int n = 1000;
    CUdeviceptr x = device.floats(TestDevice.sequence(n, i -> i));
    CUdeviceptr result = device.floats(TestDevice.sequence(n, i -> -i));
    device.launch("saxpy", 4, 256, n, 3.0f, x, result);
    float[] expected = TestDevice.sequence(n, i -> 2 * i);
    assertArrayEquals(expected, device.readFloats(result, n));
  }

  @Test
  void threadsMeetInWhateverOrderTheyRun() {
    int n = 777;
    float[] x = TestDevice.sequence(n, i -> i % 10);
    float[] expected = new float[4];
    for (int i = 0; i < n; i++) {
      expected[i / 256] += x[i];
    }
    CUdeviceptr input = device.floats(x);
    for (String order : new String[] {"ascending", "descending", "shuffled"}) {
      Emulator.configure("ORDER", order);
      CUdeviceptr sums = device.allocate(16);
      device.launch("block_sums", 4, 256, input, n, sums);
      assertArrayEquals(expected, device.readFloats(sums, 4), order);
    }
  }

  @Test
  void dynamicSharedMemoryHasTheSizeOfTheLaunch() {
    CUdeviceptr x = device.floats(0, 1, 2, 3, 4, 5, 6, 7);
    CUdeviceptr y = device.allocate(32);
    JCudaDriver.cuLaunchKernel(
        device.function("reverse_blocks"),
        2,
        1,
        1,
        4,
        1,
        1,
        16,
        null,
        TestDevice.arguments(x, y),
        null);
    assertArrayEquals(new float[] {3, 2, 1, 0, 7, 6, 5, 4}, device.readFloats(y, 8));
  }

  @Test
  void moreThan48KilobytesHaveToBeAskedFor() {
    var function = device.function("shared_overrun");
    int bytes = 100 << 10;
    var small = TestDevice.arguments(1);
    Runnable launch =
        () -> JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, bytes, null, small, null);
    var refused = assertThrows(CudaException.class, launch::run);
    assertEquals("CUDA_ERROR_INVALID_VALUE", refused.getMessage());
    JCudaDriver.cuFuncSetAttribute(
        function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
    launch.run();
    JCudaDriver.cuCtxSynchronize();
    int[] blocks = new int[1];
    JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, 32, bytes);
    assertEquals(2, blocks[0]);
  }

  @Test
  void functionsKnowTheirSharedMemoryAndBounds() {
    int[] value = new int[1];
    JCudaDriver.cuFuncGetAttribute(
        value,
        CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES,
        device.function("block_sums"));
    assertEquals(32, value[0]);
    JCudaDriver.cuFuncGetAttribute(
        value,
        CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK,
        device.function("block_sums"));
    assertEquals(256, value[0]);
    CUdeviceptr any = device.allocate(16);
    var refused =
        assertThrows(CudaException.class, () -> device.launch("block_sums", 1, 512, any, 0, any));
    assertEquals("CUDA_ERROR_INVALID_VALUE", refused.getMessage());
  }

  @Test
  void functionsKnowTheirParameters() {
    assertEquals(
        List.of(
            new Emulator.Parameter(0, 4),
            new Emulator.Parameter(4, 4),
            new Emulator.Parameter(8, 8),
            new Emulator.Parameter(16, 8)),
        Emulator.parameters(device.function("saxpy")));
    // A pointer after an integer begins at a multiple of its own size.
    assertEquals(
        List.of(
            new Emulator.Parameter(0, 8),
            new Emulator.Parameter(8, 4),
            new Emulator.Parameter(16, 8)),
        Emulator.parameters(device.function("block_sums")));
  }

  @Test
  void lanesOfAWarpExchangeValues() {
    int threads = 96;
    CUdeviceptr words = device.allocate(28L * threads);
    JCudaDriver.cuLaunchKernel(
        device.function("warp_functions"),
        1,
        1,
        1,
        2,
        16,
        3,
        0,
        null,
        TestDevice.arguments(words),
        null);
    int[] actual = device.readInts(words, threads * 7);
    int everyThird = IntStream.range(0, 32).filter(i -> i % 3 == 0).map(i -> 1 << i).sum();
    for (int rank = 0; rank < threads; rank++) {
      int lane = rank % 32;
      int warp = rank - lane;
      int[] expected = {
        warp + 5,
        lane < 3 ? rank : rank - 3,
        warp + (lane ^ 9),
        lane % 8 < 6 ? rank + 2 : rank,
        everyThird,
        lane < 16 ? warp + (lane ^ 1) : warp + 31,
        3
      };
      assertArrayEquals(
          expected, Arrays.copyOfRange(actual, rank * 7, rank * 7 + 7), "thread " + rank);
    }
  }

  @Test
  void atomicsLoseNothing() {
    CUdeviceptr counters = device.ints(0, 0, 0);
    device.launch("count", 37, 100, counters);
    assertArrayEquals(new int[] {3700, 3699, 37}, device.readInts(counters, 3));
  }

  @Test
  void aModuleHasItsVariables() {
    CUdeviceptr weights = new CUdeviceptr();
    long[] bytes = new long[1];
    JCudaDriver.cuModuleGetGlobal(weights, bytes, device.module(), "weights");
    assertEquals(16, bytes[0]);
    JCudaDriver.cuMemcpyHtoD(weights, Pointer.to(new float[] {1, 10, 100, 1000}), 16);
    CUdeviceptr y = device.allocate(8);
    device.launch("dot4", 1, 32, device.floats(1, 2, 3, 4, 5, 6, 7, 8), y, 2);
    assertArrayEquals(new float[] {8642, 17530}, device.readFloats(y, 2));
  }

  @Test
  void blocksOfACooperativeLaunchRunTogether() {
    int blocks = 32;
    int rounds = 50;
    int[] values = new int[2 * blocks];
    for (int i = 0; i < blocks; i++) {
      values[i] = 1000 * i;
    }
    CUdeviceptr data = device.ints(values);
    JCudaDriver.cuLaunchCooperativeKernel(
        device.function("ring"),
        blocks,
        1,
        1,
        8,
        1,
        1,
        0,
        null,
        TestDevice.arguments(device.ints(0), data, rounds));
    int[] expected = new int[blocks];
    Arrays.setAll(expected, i -> 1000 * ((i + rounds) % blocks) + rounds);
    assertArrayEquals(expected, device.readInts(data, blocks));
  }

  @Test
  void aCooperativeLaunchThatDoesNotFitIsRefused() {
    CUdeviceptr any = device.allocate(16);
    var refused =
        assertThrows(
            CudaException.class,
            () ->
                JCudaDriver.cuLaunchCooperativeKernel(
                    device.function("ring"),
                    16 * 2 + 1,
                    1,
                    1,
                    1024,
                    1,
                    1,
                    0,
                    null,
                    TestDevice.arguments(any, any, 1)));
    assertEquals("CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", refused.getMessage());
  }
}
