// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Launches and copies that need each other, in and out of order by streams, events and graphs. */
@OnEmulator
class CheckedOrderTest {
  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice("checked/checked-kernels.so");
  }

  @AfterEach
  void close() {
    device.close();
  }

  private static CUstream stream() {
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    return stream;
  }

  /** Has a stream wait for what another has been given. */
  private static void order(CUstream first, CUstream second) {
    CUevent event = new CUevent();
    JCudaDriver.cuEventCreate(event, 0);
    JCudaDriver.cuEventRecord(event, first);
    JCudaDriver.cuStreamWaitEvent(second, event, 0);
  }

  private void copyInTwoStreams(boolean ordered) {
    CUstream first = stream();
    CUstream second = stream();
    CUdeviceptr between = device.floats(new float[32]);
    device.launch(first, "copy_floats", 1, 32, device.floats(new float[32]), between);
    if (ordered) {
      order(first, second);
    }
    device.launch(second, "copy_floats", 1, 32, between, device.floats(new float[32]));
  }

  @Test
  void aMissingEventBetweenStreams() {
    copyInTwoStreams(true);
    JCudaDriver.cuCtxSynchronize();
    copyInTwoStreams(false);
    CheckedKernelTest.assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel copy_floats.*race: .*, which kernel copy_floats, block .* at"
            + " checked_kernels.cu:\\d+; no stream, event or graph edge");
  }

  /**
   * A graph whose second branch, which reads what the first writes, begins after it or beside it.
   */
  private void launchGraph(boolean ordered) {
    CUstream first = stream();
    CUstream second = stream();
    CUdeviceptr x = device.floats(new float[32]);
    CUdeviceptr between = device.floats(new float[32]);
    CUdeviceptr y = device.floats(new float[32]);
    JCudaDriver.cuCtxSynchronize();
    JCudaDriver.cuStreamBeginCapture(
        first, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    if (!ordered) {
      order(first, second);
    }
    device.launch(first, "copy_floats", 1, 32, x, between);
    if (ordered) {
      order(first, second);
    }
    device.launch(second, "copy_floats", 1, 32, between, y);
    order(second, first);
    CUgraph graph = new CUgraph();
    JCudaDriver.cuStreamEndCapture(first, graph);
    CUgraphExec exec = new CUgraphExec();
    JCudaDriver.cuGraphInstantiate(exec, graph, 0);
    JCudaDriver.cuGraphLaunch(exec, first);
    JCudaDriver.cuGraphLaunch(exec, first);
  }

  @Test
  void aMissingEdgeOfAGraph() {
    launchGraph(true);
    JCudaDriver.cuCtxSynchronize();
    launchGraph(false);
    CheckedKernelTest.assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "kernel copy_floats.*race: .*, which kernel copy_floats, block .* at"
            + " checked_kernels.cu:\\d+; no stream, event or graph edge");
  }

  @Test
  void aCopyThatDoesNotWaitForAKernel() {
    CUstream first = stream();
    CUstream second = stream();
    CUdeviceptr y = device.floats(new float[32]);
    CUdeviceptr to = device.floats(new float[32]);
    device.launch(first, "copy_floats", 1, 32, device.floats(new float[32]), y);
    order(first, second);
    JCudaDriver.cuMemcpyDtoDAsync(to, y, 32 * 4, second);
    JCudaDriver.cuCtxSynchronize();
    device.launch(first, "copy_floats", 1, 32, device.floats(new float[32]), y);
    JCudaDriver.cuMemcpyDtoDAsync(to, y, 32 * 4, second);
    CheckedKernelTest.assertFails(
        "CUDA_ERROR_LAUNCH_FAILED",
        "a copy: race: read|kernel copy_floats, .*, which a copy has read");
  }

  /** Waiting on the host orders what it submits afterwards. */
  @Test
  void theHostsWaitingOrdersStreams() {
    CUstream first = stream();
    CUstream second = stream();
    CUdeviceptr y = device.floats(new float[32]);
    device.launch(first, "copy_floats", 1, 32, device.floats(new float[32]), y);
    JCudaDriver.cuStreamSynchronize(first);
    device.launch(second, "copy_floats", 1, 32, y, device.floats(new float[32]));
    JCudaDriver.cuCtxSynchronize();
    float[] read = new float[32];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(read), y, 32 * 4);
  }
}
