// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.regex.Pattern;
import jcuda.CudaException;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Kernels that tell of each access, with an error each that is not in its result: the check finds
 * it and says where both sides of it are, and is silent without it.
 */
@OnEmulator
class CheckedKernelTest {
  private static final String RACE = "CUDA_ERROR_LAUNCH_FAILED";
  private static final String ADDRESS = "CUDA_ERROR_ILLEGAL_ADDRESS";

  private static final String THREAD = "thread \\(\\d+,0,0\\)";
  private static final String BLOCK = "block \\(\\d+,0,0\\)";

  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice("checked/checked-kernels.so");
  }

  @AfterEach
  void close() {
    device.close();
    Emulator.configure("ORDER", "ascending");
  }

  /** Launches a kernel's right form, which must pass, and its wrong one. */
  private void assertFinds(
      String error, String pattern, String kernel, int blocks, int threads, Object... arguments) {
    Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = 1;
    device.launch(kernel, blocks, threads, all);
    JCudaDriver.cuCtxSynchronize();
    all[arguments.length] = 0;
    device.launch(kernel, blocks, threads, all);
    assertFails(error, "kernel " + kernel + ", block .*" + pattern);
  }

  /** Waits for the device, expecting an error and a report that a pattern is found in. */
  static void assertFails(String error, String pattern) {
    var failure = assertThrows(CudaException.class, JCudaDriver::cuCtxSynchronize);
    String report = Emulator.report();
    assertEquals(error, failure.getMessage(), report);
    assertTrue(Pattern.compile(pattern).matcher(report).find(), report);
  }

  /** A pattern for the report of a race: what the one side does, where, and what the other did. */
  private static String race(String does, String memory, String other, String did) {
    return ("race: %s of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, byte \\d+ of %s.*, which .*%s"
            + " has %s at checked_kernels.cu:\\d+; ")
        .formatted(does, memory, other, did);
  }

  private CUdeviceptr zeros(int count) {
    return device.floats(new float[count]);
  }

  @Test
  void aMissingBarrierAfterWrites() {
    assertFindsAMissingBarrier();
  }

  private void assertFindsAMissingBarrier() {
    assertFinds(
        RACE,
        race("(read|write)", "barrier_after_writes::values \\(256 bytes", THREAD, "(read|written)")
            + "no barrier",
        "barrier_after_writes",
        1,
        64,
        zeros(64));
  }

  /** Whoever runs first: the race is there in any order. */
  @Test
  void aMissingBarrierIsFoundInEveryOrder() {
    for (String order : new String[] {"ascending", "descending", "shuffled"}) {
      Emulator.configure("ORDER", order);
      assertFindsAMissingBarrier();
      device.close();
      open();
    }
  }

  @Test
  void aMissingBarrierBeforeTheNextWrites() {
    assertFinds(
        RACE,
        race("(read|write)", "barrier_after_reads::values", THREAD, "(read|written)"),
        "barrier_after_reads",
        1,
        64,
        zeros(64));
  }

  @Test
  void twoWritersOfOneSharedElement() {
    assertFinds(
        RACE,
        race("write", "barrier_too_late::total", THREAD, "(read|written)"),
        "barrier_too_late",
        1,
        64,
        zeros(64));
  }

  @Test
  void aMissingWarpSynchronisation() {
    assertFinds(
        RACE,
        race("(read|write)", "warp_sync::values", THREAD, "(read|written)"),
        "warp_sync",
        1,
        32,
        zeros(32));
  }

  @Test
  void aWarpSynchronisationOfTooFewLanes() {
    String found = race("(read|write)", "half_warp_sync::values", THREAD, "(read|written)");
    assertFinds(RACE, found, "half_warp_sync", 1, 32, zeros(32));
  }

  @Test
  void aWarpSynchronisationBetweenTwoWarps() {
    String found = race("(read|write)", "warp_sync_of_two_warps::values", THREAD, "(read|written)");
    assertFinds(RACE, found, "warp_sync_of_two_warps", 1, 64, zeros(64));
  }

  @Test
  void aShuffleInPlaceOfAWarpSynchronisation() {
    String found = race("(read|write)", "shuffle_for_sync::values", THREAD, "(read|written)");
    assertFinds(RACE, found, "shuffle_for_sync", 1, 32, zeros(32));
  }

  @Test
  void blocksThatWriteOneElement() {
    String found = race("write", "allocation", BLOCK + ", " + THREAD, "(read|written)");
    assertFinds(RACE, found + "nothing puts one block", "blocks_write", 4, 1, zeros(4));
  }

  @Test
  void aBlockThatReadsWhatAnotherWrites() {
    String found = race("(read|write)", "allocation", BLOCK + ", " + THREAD, "(written|read)");
    assertFinds(RACE, found, "blocks_read", 4, 1, zeros(4), zeros(4));
  }

  @Test
  void dataThatIsPublishedWithoutAFence() {
    CUdeviceptr parts = zeros(6);
    CUdeviceptr sum = zeros(1);
    device.launch("last_block_adds", 6, 32, parts, sum, device.ints(0), 1);
    assertEquals(6.0f, device.readFloats(sum, 1)[0]);
    device.launch("last_block_adds", 6, 32, parts, sum, device.ints(0), 0);
    assertFails(RACE, race("read", "allocation", BLOCK + ", " + THREAD, "written"));
  }

  @Test
  void aCounterThatIsReadAsPlainMemory() {
    assertFinds(
        RACE,
        race("(read|write)", "allocation", THREAD, "(written|read)"),
        "plain_read_of_a_counter",
        2,
        32,
        device.ints(0),
        zeros(64));
  }

  /** 4 bytes of a size that is no multiple of 16 are at no guard page. */
  @Test
  void aWritePastTheEndWithinThePage() {
    assertFinds(
        ADDRESS,
        "thread \\(0,0,0\\): write of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, 0 bytes after the"
            + " end of allocation",
        "write_past_the_end",
        1,
        1,
        zeros(5),
        5);
  }

  @Test
  void aReadPastTheEndWithinThePage() {
    assertFinds(
        ADDRESS,
        "read of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, 0 bytes after the end of allocation",
        "read_past_the_end",
        1,
        1,
        zeros(5),
        zeros(1),
        5);
  }

  @Test
  void aReadBeforeTheStartWithinThePage() {
    assertFinds(
        ADDRESS,
        "read of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, 4 bytes before the start of"
            + " allocation",
        "read_before_the_start",
        1,
        1,
        zeros(5),
        zeros(1));
  }

  @Test
  void anElementPastASharedArray() {
    assertFinds(
        ADDRESS,
        "read of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, 0 bytes after the end of"
            + " past_a_shared_array::first",
        "past_a_shared_array",
        1,
        32,
        zeros(32));
  }

  @Test
  void aReadPastDynamicSharedMemory() {
    CUdeviceptr y = zeros(32);
    for (int right = 1; right >= 0; right--) {
      JCudaDriver.cuLaunchKernel(
          device.function("past_dynamic_shared"),
          1,
          1,
          1,
          32,
          1,
          1,
          128,
          null,
          TestDevice.arguments(y, right),
          null);
      if (right == 1) {
        JCudaDriver.cuCtxSynchronize();
      }
    }
    assertFails(ADDRESS, "0 bytes after the end of dynamic shared memory \\(128 bytes");
  }

  @Test
  void sharedMemoryThatNothingHasWritten() {
    assertFinds(
        RACE,
        "thread \\(5,0,0\\): read of 4 bytes at checked_kernels.cu:\\d+, .*: nothing has written"
            + " there",
        "unwritten_shared_memory",
        1,
        32,
        zeros(32));
  }

  @Test
  void deviceMemoryThatNothingHasWritten() {
    CUdeviceptr y = device.allocate(32 * 4);
    device.launch("copy_floats", 1, 32, zeros(32), y);
    device.launch("copy_floats", 1, 32, y, device.allocate(32 * 4));
    JCudaDriver.cuCtxSynchronize();
    device.launch("copy_floats", 1, 32, device.allocate(32 * 4), y);
    assertFails(RACE, "read of 4 bytes at checked_kernels.cu:\\d+, .*: nothing has written there");
  }

  @Test
  void anotherThreadsStack() {
    assertFinds(
        ADDRESS,
        "read of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, which is none of the device's memory",
        "others_local",
        1,
        2,
        zeros(2));
  }

  @Test
  void aWriteAfterAFree() {
    CUdeviceptr y = zeros(32);
    JCudaDriver.cuMemFree(y);
    device.launch("copy_floats", 1, 32, zeros(32), y);
    assertFails(
        ADDRESS,
        "write of 4 bytes at checked_kernels.cu:\\d+, 0x\\w+, byte 0 of allocation .* freed");
  }

  /** What is found without the check is found with it. */
  @Test
  void aBarrierThatHalfOfTheThreadsReachAndAMisalignedVector() {
    device.close();
    device = new TestDevice("checked/test-kernels.so");
    device.launch("divergent_barrier", 1, 64, zeros(64));
    assertFails(RACE, "divergent_barrier.*32 wait at a barrier in test_kernels.cu:\\d+");
    device.close();
    device = new TestDevice("checked/test-kernels.so");
    device.launch("misaligned", 1, 1, zeros(8), zeros(1));
    assertFails("CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned access .* at test_kernels.cu:\\d+");
  }
}
