// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * A step's launches, captured once: replaying them is one call, and the GPU needs no host between.
 */
final class StepGraph implements AutoCloseable {
  private final CUgraph graph = new CUgraph();
  private final CUgraphExec executable = new CUgraphExec();
  private final CudaStream stream;

  /**
   * Captures work.
   *
   * @param stream where the work begins and ends; it may use others in between
   * @param work makes the launches
   */
  StepGraph(CudaStream stream, Runnable work) {
    this.stream = stream;
    Check.driver(
        JCudaDriver.cuStreamBeginCapture(
            stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture");
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      // Ends the capture, whose failure would say less than what caused it.
      if (JCudaDriver.cuStreamEndCapture(stream.handle(), graph) == CUresult.CUDA_SUCCESS) {
        JCudaDriver.cuGraphDestroy(graph);
      }
      throw e;
    }
    Check.driver(JCudaDriver.cuStreamEndCapture(stream.handle(), graph), "cuStreamEndCapture");
    try {
      Check.driver(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "cuGraphInstantiate");
    } catch (EngineException e) {
      JCudaDriver.cuGraphDestroy(graph);
      throw e;
    }
    try {
      // Now, and not with the first launch, when the GPU may be waiting for this thread.
      Check.driver(JCudaDriver.cuGraphUpload(executable, stream.handle()), "cuGraphUpload");
      stream.synchronize();
    } catch (EngineException e) {
      JCudaDriver.cuGraphExecDestroy(executable);
      JCudaDriver.cuGraphDestroy(graph);
      throw e;
    }
  }

  /** Has the GPU do it all once more, after what the stream has been given. */
  void launch() {
    Check.driver(JCudaDriver.cuGraphLaunch(executable, stream.handle()), "cuGraphLaunch");
  }

  /** Launches, copies and whatever else a replay is made of. */
  int nodes() {
    long[] count = new long[1];
    Check.driver(JCudaDriver.cuGraphGetNodes(graph, null, count), "cuGraphGetNodes");
    return (int) count[0];
  }

  @Override
  public void close() {
    Check.driver(JCudaDriver.cuGraphExecDestroy(executable), "cuGraphExecDestroy");
    Check.driver(JCudaDriver.cuGraphDestroy(graph), "cuGraphDestroy");
  }
}
