// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import jcuda.CudaException;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clusters of blocks and programmatic launches: right ones, and ones with an error each. */
@OnEmulator
class ClusterTest {
  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice();
  }

  @AfterEach
  void close() {
    device.close();
    Emulator.configure("ORDER", "ascending");
    Emulator.configure("THREADS", Integer.toString(Runtime.getRuntime().availableProcessors()));
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
  void aBlockKnowsItsPlaceInItsCluster() {
    CUdeviceptr numbers = device.allocate(4 * 6 * 2 * 2 * 4L);
    new ExtendedLaunch(4, 6, 2, 32, 1, 1)
        .cluster(2, 3, 1)
        .launch(device.function("cluster_numbers"), numbers);
    int[] actual = device.readInts(numbers, 4 * 6 * 2 * 2);
    for (int block = 0; block < 4 * 6 * 2; block++) {
      int rank = block % 4 % 2 + 2 * (block / 4 % 6 % 3);
      assertEquals(rank, actual[2 * block], "block " + block);
      assertEquals(6, actual[2 * block + 1]);
    }
    device.launch("cluster_numbers", 2, 32, numbers);
    assertArrayEquals(new int[] {0, 1, 0, 1}, device.readInts(numbers, 4));
  }

  /** However its blocks and threads are scheduled, and with other clusters at the same time. */
  @ParameterizedTest
  @ValueSource(strings = {"ascending", "descending", "shuffled"})
  void aClusterMeetsAtItsBarriers(String order) {
    Emulator.configure("ORDER", order);
    int blocks = 12;
    int rounds = 5;
    float[] x = TestDevice.sequence(64 * blocks, i -> i / 64 + 1);
    CUdeviceptr input = device.floats(x);
    CUdeviceptr y = device.allocate(4L * x.length);
    for (int threads : new int[] {1, 9}) {
      Emulator.configure("THREADS", Integer.toString(threads));
      ExtendedLaunch.row(blocks, 64)
          .cluster(4, 1, 1)
          .launch(device.function("cluster_sums"), input, y, rounds);
      float[] result = device.readFloats(y, x.length);
      for (int i = 0; i < x.length; i++) {
        int first = i / 64 / 4 * 4;
        // The sum of four, then four times that, and again.
        int expected = (4 * first + 10) * 256;
        assertEquals(expected, result[i], "element " + i);
      }
    }
  }

  @Test
  void allClustersOfACooperativeLaunchRunTogether() {
    int blocks = 8;
    CUdeviceptr values = device.ints(new int[2 * blocks]);
    ExtendedLaunch.row(blocks, 8)
        .cluster(2, 1, 1)
        .attribute(ExtendedLaunch.COOPERATIVE, 1)
        .attribute(ExtendedLaunch.IGNORE, 7)
        .launch(device.function("ring"), device.ints(0), values, 20);
    int[] expected = new int[blocks];
    Arrays.fill(expected, 20);
    assertArrayEquals(expected, device.readInts(values, blocks));
  }

  @Test
  void aBlockWritesToAnothersSharedMemory() {
    CUdeviceptr x = device.floats(TestDevice.sequence(4 * 32, i -> i));
    CUdeviceptr y = device.allocate(4 * 32 * 4L);
    ExtendedLaunch.row(4, 32)
        .cluster(2, 1, 1)
        .shared(32 * 4)
        .attribute(ExtendedLaunch.PROGRAMMATIC, 1)
        .launch(device.function("cluster_turn"), x, y);
    float[] expected = TestDevice.sequence(4 * 32, i -> i % 32 + 32 * (i / 32 ^ 1));
    assertArrayEquals(expected, device.readFloats(y, 4 * 32));
  }

  private void launch(String kernel, Object... arguments) {
    ExtendedLaunch.row(4, 64).cluster(2, 1, 1).launch(device.function(kernel), arguments);
  }

  @Test
  void aBlockThatDoesNotComeToTheBarrier() {
    launch("cluster_block_missing");
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel cluster_block_missing: barrier divergence in a cluster of 2 blocks; block (",
        ",0,0) waits at a cluster's barrier in cluster_kernels.cu:",
        ",0,0) has ended after 0 of its barriers");
  }

  @Test
  void threadsThatDoNotComeToTheBarrier() {
    launch("cluster_threads_missing");
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        ",0,0): barrier divergence: of 64 threads 32 have ended; 32 wait at a cluster's barrier in"
            + " cluster_kernels.cu:");
  }

  @Test
  void twoKindsOfBarriersForOneBlock() {
    launch("cluster_or_block_barrier");
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "of 64 threads 0 have ended; 32 wait at a barrier in cluster_kernels.cu:",
        "; 32 wait at a cluster's barrier in cluster_kernels.cu:");
  }

  @Test
  void twoArrivalsWithoutAWaitBetween() {
    launch("cluster_two_arrivals");
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "a second cluster_arrive() without a cluster_wait() after the first at"
            + " cluster_kernels.cu:");
  }

  @Test
  void aWaitWithoutAnArrival() {
    launch("cluster_wait_alone");
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "thread (0,0,0): a cluster_wait() without a cluster_arrive() before it at"
            + " cluster_kernels.cu:");
  }

  @Test
  void aBlockThatMayNotHaveBegun() {
    launch("cluster_early_store");
    assertFails(
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "which may not have begun: no cluster's barrier before cluster_kernels.cu:");
  }

  /** Found whether or not the other block had ended. */
  @Test
  void aBlockThatMayHaveEnded() {
    launch("cluster_late_load", device.allocate(16));
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel cluster_late_load: block (",
        "uses shared memory of block (",
        "at cluster_kernels.cu:",
        "which may have ended: a cluster's barrier is missing after it");
  }

  @Test
  void aBlockThatIsNone() {
    launch("cluster_rank_beyond", device.allocate(16));
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "in_block() of block 2 of a cluster of 2 at");
  }

  @Test
  void globalMemoryOfAnotherBlock() {
    launch("cluster_of_global", device.allocate(16));
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "which is no shared memory of this block");
  }

  @Test
  void aWritePastAnothersDynamicSharedMemory() {
    ExtendedLaunch.row(2, 1)
        .cluster(2, 1, 1)
        .shared(400)
        .launch(device.function("cluster_overrun"), 100);
    assertFails("CUDA_ERROR_ILLEGAL_ADDRESS", "after the end of dynamic shared memory (400 bytes)");
  }

  @Test
  void aThreadThatForgetsThePreviousGrid() {
    CUdeviceptr y = device.allocate(64 * 4);
    device.launch("forgets_previous_grid", 1, 64, y);
    assertEquals(1.0f, device.readFloats(y, 64)[63]);
    ExtendedLaunch.row(1, 64)
        .attribute(ExtendedLaunch.PROGRAMMATIC, 1)
        .launch(device.function("forgets_previous_grid"), y);
    assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel forgets_previous_grid, block (0,0,0), thread (63,0,0): ends without"
            + " wait_for_previous_grid()");
  }

  @Test
  void anAttributeThatTheEmulatorDoesNotHave() {
    var refused =
        assertThrows(
            CudaException.class,
            () -> ExtendedLaunch.row(1, 1).attribute(8, 1).launch(device.function("trap")));
    assertEquals("CUDA_ERROR_NOT_SUPPORTED", refused.getMessage());
    assertEquals("cuLaunchKernelEx: launch attribute 8 is not supported", Emulator.report());
  }
}
