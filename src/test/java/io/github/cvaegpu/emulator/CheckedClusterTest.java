// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Blocks of a cluster, and grids that may begin before the one before has ended: with an error each
 * that is not in the result, which the check finds, and right ones, of which it says nothing.
 */
@OnEmulator
class CheckedClusterTest {
  private static final String RACE = "CUDA_ERROR_LAUNCH_FAILED";
  private static final String PLACE = "checked_kernels.cu:\\d+";

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

  private CUdeviceptr zeros(int count) {
    return device.floats(new float[count]);
  }

  /** Right and wrong, in clusters of two blocks; more of them than run at the same time. */
  private void assertFinds(String kernel, String memory, Object... arguments) {
    Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
    for (int right = 1; right >= 0; right--) {
      all[arguments.length] = right;
      ExtendedLaunch.row(16, 32).cluster(2, 1, 1).launch(device.function(kernel), all);
      if (right != 0) {
        JCudaDriver.cuCtxSynchronize();
      }
    }
    CheckedKernelTest.assertFails(
        RACE,
        ("kernel %s, block .*race: (read|write) of 4 bytes at %s, 0x\\w+, byte \\d+ of %s.*, which"
                + " block .*, thread .* has (read|written) at %s; nothing puts one block before")
            .formatted(kernel, PLACE, memory, PLACE));
  }

  @ParameterizedTest
  @CsvSource({
    "cluster_reads_too_early, own, ascending",
    "cluster_reads_too_early, own, descending",
    "cluster_reuses_too_early, own, ascending",
    "cluster_reuses_too_early, own, shuffled",
    "cluster_stores_unordered, given, ascending",
    "cluster_stores_unordered, given, descending",
    "cluster_stores_twice, given, ascending",
    "cluster_reads_before_the_wait, own, ascending",
    "cluster_reads_before_the_wait, own, shuffled",
    "cluster_stores_after_arriving, own, ascending",
    "cluster_stores_after_arriving, own, descending",
  })
  void sharedMemoryOfAnotherBlock(String kernel, String variable, String order) {
    Emulator.configure("ORDER", order);
    assertFinds(kernel, kernel + "::" + variable + " \\(128 bytes of shared memory\\)", zeros(512));
  }

  @Test
  void aClustersBarrierOrdersGlobalMemory() {
    assertFinds("cluster_exchanges", "allocation", zeros(512), zeros(512));
  }

  /** Launches in a row: what stores x, what is tried. */
  private void launch(CUstream stream, String kernel, boolean programmatic, Object... arguments) {
    ExtendedLaunch launch = ExtendedLaunch.row(2, 32).on(stream);
    if (programmatic) {
      launch.attribute(ExtendedLaunch.PROGRAMMATIC, 1);
    }
    launch.launch(device.function(kernel), arguments);
  }

  private static CUstream stream() {
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    return stream;
  }

  private static void perform(CUstream stream, boolean captured, Runnable launches) {
    if (captured) {
      JCudaDriver.cuStreamBeginCapture(
          stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    }
    launches.run();
    if (captured) {
      CUgraph graph = new CUgraph();
      JCudaDriver.cuStreamEndCapture(stream, graph);
      CUgraphExec exec = new CUgraphExec();
      JCudaDriver.cuGraphInstantiate(exec, graph, 0);
      JCudaDriver.cuGraphLaunch(exec, stream);
      JCudaDriver.cuGraphLaunch(exec, stream);
    }
  }

  private static void assertNotAwaited(String kernel, String other, String did) {
    CheckedKernelTest.assertFails(
        RACE,
        ("kernel %s, block .*race: .* of 4 bytes at %s, .*, which kernel %s, .* has %s at %s; the"
                + " thread has not called wait_for_previous_grid\\(\\)")
            .formatted(kernel, PLACE, other, did, PLACE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatThePreviousGridStoredIsReadBeforeTheWait(boolean captured) {
    CUstream stream = stream();
    CUdeviceptr x = zeros(64);
    CUdeviceptr between = zeros(64);
    CUdeviceptr y = zeros(64);
    for (int right = 1; right >= 0; right--) {
      int form = right;
      perform(
          stream,
          captured,
          () -> {
            launch(stream, "copy_floats", false, x, between);
            launch(stream, "reads_before_waiting", true, between, y, form);
          });
      if (right != 0) {
        JCudaDriver.cuCtxSynchronize();
      }
    }
    assertNotAwaited("reads_before_waiting", "copy_floats", "written");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatThePreviousGridReadsIsStoredBeforeTheWait(boolean captured) {
    CUstream stream = stream();
    CUdeviceptr x = zeros(64);
    CUdeviceptr y = zeros(64);
    for (int right = 1; right >= 0; right--) {
      int form = right;
      perform(
          stream,
          captured,
          () -> {
            launch(stream, "copy_floats", false, x, y);
            launch(stream, "stores_before_waiting", true, x, form);
          });
      if (right != 0) {
        JCudaDriver.cuCtxSynchronize();
      }
    }
    assertNotAwaited("stores_before_waiting", "copy_floats", "read");
  }

  /** A launch that is not programmatic, or whose grid before is known to be over, has no need. */
  @Test
  void nothingIsToBeWaitedForWhereTheGridBeforeIsOver() {
    CUstream stream = stream();
    CUdeviceptr between = zeros(64);
    CUdeviceptr y = zeros(64);
    launch(stream, "copy_floats", false, zeros(64), between);
    launch(stream, "reads_before_waiting", false, between, y, 0);
    launch(stream, "copy_floats", false, zeros(64), between);
    JCudaDriver.cuStreamSynchronize(stream);
    launch(stream, "reads_before_waiting", true, between, y, 0);
    JCudaDriver.cuCtxSynchronize();
  }

  /**
   * What the grid before the previous one stored is there if the previous one has waited for it
   * before it let the next begin.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theGridBeforeThePreviousOne(boolean captured) {
    CUstream stream = stream();
    CUdeviceptr x = zeros(64);
    CUdeviceptr between = zeros(64);
    CUdeviceptr other = zeros(64);
    CUdeviceptr y = zeros(64);
    for (int right = 1; right >= 0; right--) {
      int form = right;
      perform(
          stream,
          captured,
          () -> {
            launch(stream, "copy_floats", false, x, between);
            launch(stream, "lets_the_next_start", true, x, other, form);
            launch(stream, "reads_before_waiting", true, between, y, 0);
          });
      if (right != 0) {
        JCudaDriver.cuCtxSynchronize();
      }
    }
    assertNotAwaited("reads_before_waiting", "copy_floats", "written");
  }
}
