// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.EngineException;
import java.util.function.Supplier;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A queue of the GPU's work; while a step is captured, a branch of its graph. */
final class CudaStream implements AutoCloseable {
  private final String name;
  private final LaunchObserver observer;
  private final StreamHandle stream = new StreamHandle();
  private final CUevent soFar = new CUevent();

  /**
   * @param name for messages
   */
  CudaStream(String name) {
    this(name, LaunchObserver.NONE);
  }

  /**
   * @param name for messages
   * @param observer sees each launch
   */
  CudaStream(String name, LaunchObserver observer) {
    this.name = name;
    this.observer = observer;
    Check.driver(
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "cuStreamCreate",
        name);
    try {
      Check.driver(
          JCudaDriver.cuEventCreate(soFar, CUevent_flags.CU_EVENT_DISABLE_TIMING),
          "cuEventCreate",
          name);
    } catch (EngineException e) {
      JCudaDriver.cuStreamDestroy(stream);
      throw e;
    }
  }

  /** Lets what is given to this stream from now on wait for all that the other has so far. */
  void waitFor(CudaStream other) {
    Check.driver(JCudaDriver.cuEventRecord(other.soFar, other.stream), "cuEventRecord", other.name);
    Check.driver(
        JCudaDriver.cuStreamWaitEvent(stream, other.soFar, 0),
        "cuStreamWaitEvent",
        name,
        other.name);
  }

  /** Waits for all that the stream has been given. */
  void synchronize() {
    Check.driver(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize", name);
  }

  /** The same where it does not matter any more whether it went well. */
  void settle() {
    JCudaDriver.cuStreamSynchronize(stream);
  }

  /**
   * Whether the GPU has done all that the stream has been given.
   *
   * @throws io.github.cvaegpu.engine.EngineException if any of it failed
   */
  boolean isDone() {
    int status = JCudaDriver.cuStreamQuery(stream);
    if (status == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    Check.driver(status, "cuStreamQuery", name);
    return true;
  }

  /** Tells of a launch that the stream is about to be given. */
  void launching(Kernel kernel, int threads, Arguments arguments) {
    observer.launching(kernel, threads, arguments);
  }

  /** Tells of a launch that the stream has been given. */
  void launched(Supplier<Launch> launch) {
    observer.launched(launch, this);
  }

  /** The driver's handle. */
  CUstream handle() {
    return stream;
  }

  /** The handle's number. */
  long address() {
    return stream.address();
  }

  @Override
  public void close() {
    Check.driver(JCudaDriver.cuEventDestroy(soFar), "cuEventDestroy", name);
    Check.driver(JCudaDriver.cuStreamDestroy(stream), "cuStreamDestroy", name);
  }
}
