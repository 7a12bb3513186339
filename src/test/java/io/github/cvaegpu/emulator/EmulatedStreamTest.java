// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNodeType;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstreamCaptureStatus;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens when: streams, events, capture, graphs, and memory that host and device share. */
@OnEmulator
@Timeout(60)
class EmulatedStreamTest {
  private static final int MAPPED = 2; // CU_MEMHOSTALLOC_DEVICEMAP
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private TestDevice device;

  @BeforeEach
  void open() {
    device = new TestDevice();
  }

  @AfterEach
  void close() {
    device.close();
    Emulator.configure("DELAY_US", "0");
    Emulator.configure("ORDER", "ascending");
  }

  private static CUstream stream() {
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    return stream;
  }

  private static CUevent event() {
    CUevent event = new CUevent();
    JCudaDriver.cuEventCreate(event, 0);
    return event;
  }

  private static Pointer pinned(long bytes) {
    Pointer pointer = new Pointer();
    JCudaDriver.cuMemHostAlloc(pointer, bytes, MAPPED);
    return pointer;
  }

  private static ByteBuffer view(Pointer pinned, long bytes) {
    return pinned.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static CUdeviceptr onDevice(Pointer pinned) {
    CUdeviceptr result = new CUdeviceptr();
    JCudaDriver.cuMemHostGetDevicePointer(result, pinned, 0);
    return result;
  }

  /** y = y + x, once on the stream. */
  private void add(CUstream stream, CUdeviceptr x, CUdeviceptr y, int n) {
    device.launch(stream, "saxpy", 1, 64, n, 1.0f, x, y);
  }

  @Test
  void aMissingSynchroniseShows() {
    CUdeviceptr x = device.floats(1, 2, 3);
    Pointer host = pinned(12);
    ByteBuffer values = view(host, 12);
    CUstream stream = stream();
    values.putFloat(0, -1);
    Emulator.configure("DELAY_US", "20000");
    JCudaDriver.cuMemcpyDtoHAsync(host, x, 12, stream);
    assertEquals(-1, values.getFloat(0), "read before it was copied");
    JCudaDriver.cuStreamSynchronize(stream);
    assertEquals(1, values.getFloat(0));
  }

  /** A copy from pinned memory reads it when it is done, not when it is asked for. */
  @Test
  void aBufferThatIsUsedAgainTooEarlyShows() {
    CUdeviceptr x = device.allocate(4);
    Pointer host = pinned(4);
    CUstream stream = stream();
    Emulator.configure("DELAY_US", "20000");
    view(host, 4).putFloat(0, 1);
    JCudaDriver.cuMemcpyHtoDAsync(x, host, 4, stream);
    view(host, 4).putFloat(0, 2);
    JCudaDriver.cuStreamSynchronize(stream);
    assertEquals(2, device.readFloats(x, 1)[0]);
  }

  @Test
  void streamsRunBesideEachOtherAndEventsOrderThem() {
    CUdeviceptr x = device.floats(1);
    CUdeviceptr y = device.floats(0);
    CUstream first = stream();
    CUstream second = stream();
    CUevent done = event();
    Emulator.configure("DELAY_US", "10000");
    add(first, x, y, 1);
    JCudaDriver.cuEventRecord(done, first);
    JCudaDriver.setExceptionsEnabled(false);
    assertEquals(CUresult.CUDA_ERROR_NOT_READY, JCudaDriver.cuEventQuery(done));
    assertEquals(CUresult.CUDA_ERROR_NOT_READY, JCudaDriver.cuStreamQuery(first));
    JCudaDriver.setExceptionsEnabled(true);
    JCudaDriver.cuStreamWaitEvent(second, done, 0);
    add(second, y, y, 1);
    JCudaDriver.cuStreamSynchronize(second);
    assertEquals(2, device.readFloats(y, 1)[0]);
    assertEquals(CUresult.CUDA_SUCCESS, JCudaDriver.cuEventQuery(done));
  }

  @Test
  void eventsMeasureTime() {
    CUstream stream = stream();
    CUevent start = event();
    CUevent end = event();
    CUdeviceptr x = device.floats(1);
    Emulator.configure("DELAY_US", "5000");
    JCudaDriver.cuEventRecord(start, stream);
    add(stream, x, x, 1);
    JCudaDriver.cuEventRecord(end, stream);
    JCudaDriver.cuEventSynchronize(end);
    float[] milliseconds = new float[1];
    JCudaDriver.cuEventElapsedTime(milliseconds, start, end);
    assertTrue(milliseconds[0] >= 10, milliseconds[0] + " ms for two delays of 5");
  }

  /** A blocking stream and the legacy one wait for each other. */
  @Test
  void theLegacyStreamWaitsForBlockingStreams() {
    CUstream blocking = new CUstream();
    JCudaDriver.cuStreamCreate(blocking, CUstream_flags.CU_STREAM_DEFAULT);
    CUdeviceptr x = device.floats(1);
    CUdeviceptr y = device.floats(0);
    Emulator.configure("DELAY_US", "5000");
    add(blocking, x, y, 1);
    add(null, y, y, 1);
    add(blocking, x, y, 1);
    assertArrayEquals(new float[] {3}, device.readFloats(y, 1));
  }

  @Test
  void aGraphIsRecordedAndReplayed() {
    CUdeviceptr x = device.floats(1, 2);
    CUdeviceptr y = device.floats(0, 0);
    CUdeviceptr z = device.floats(0, 0);
    CUstream stream = stream();
    JCudaDriver.cuStreamBeginCapture(
        stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    int[] status = new int[1];
    JCudaDriver.cuStreamIsCapturing(stream, status);
    assertEquals(CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_ACTIVE, status[0]);
    add(stream, x, y, 2);
    JCudaDriver.cuMemcpyDtoDAsync(z, y, 8, stream);
    JCudaDriver.cuMemsetD32Async(y.withByteOffset(4), 0, 1, stream);
    CUgraph graph = new CUgraph();
    JCudaDriver.cuStreamEndCapture(stream, graph);
    assertArrayEquals(new float[] {0, 0}, device.readFloats(y, 2), "recorded, not run");

    long[] count = new long[1];
    JCudaDriver.cuGraphGetNodes(graph, null, count);
    assertEquals(3, count[0]);
    assertArrayEquals(
        new int[] {
          CUgraphNodeType.CU_GRAPH_NODE_TYPE_KERNEL,
          CUgraphNodeType.CU_GRAPH_NODE_TYPE_MEMCPY,
          CUgraphNodeType.CU_GRAPH_NODE_TYPE_MEMSET
        },
        nodeTypes(graph, 3));

    CUgraphExec exec = new CUgraphExec();
    JCudaDriver.cuGraphInstantiate(exec, graph, 0);
    JCudaDriver.cuGraphDestroy(graph);
    for (int i = 0; i < 10; i++) {
      JCudaDriver.cuGraphLaunch(exec, stream);
    }
    JCudaDriver.cuStreamSynchronize(stream);
    assertArrayEquals(new float[] {10, 0}, device.readFloats(y, 2));
    assertArrayEquals(new float[] {10, 2}, device.readFloats(z, 2));
    JCudaDriver.cuGraphExecDestroy(exec);
  }

  /**
   * Not through JCuda 12.6.0, whose cuGraphGetNodes does not say how many nodes it has room for.
   */
  private static int[] nodeTypes(CUgraph graph, int count) {
    int[] types = new int[count];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nodes = arena.allocate(ADDRESS, count);
      MemorySegment room = arena.allocateFrom(JAVA_LONG, count);
      MemorySegment handle = MemorySegment.ofAddress(Emulator.address(graph));
      Emulator.call(
          "cuGraphGetNodes",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS),
          handle,
          nodes,
          room);
      for (int i = 0; i < count; i++) {
        MemorySegment type = arena.allocate(JAVA_INT);
        Emulator.call(
            "cuGraphNodeGetType",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS),
            nodes.getAtIndex(ADDRESS, i),
            type);
        types[i] = type.get(JAVA_INT, 0);
      }
    }
    return types;
  }

  @Test
  void aCaptureForksAndJoins() {
    CUdeviceptr x = device.floats(1);
    CUdeviceptr y = device.floats(0);
    CUstream trunk = stream();
    CUstream branch = stream();
    CUevent fork = event();
    CUevent join = event();
    JCudaDriver.cuStreamBeginCapture(
        trunk, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    add(trunk, x, y, 1);
    JCudaDriver.cuEventRecord(fork, trunk);
    JCudaDriver.cuStreamWaitEvent(branch, fork, 0);
    add(branch, y, y, 1);
    JCudaDriver.cuEventRecord(join, branch);
    JCudaDriver.cuStreamWaitEvent(trunk, join, 0);
    add(trunk, y, y, 1);
    CUgraph graph = new CUgraph();
    JCudaDriver.cuStreamEndCapture(trunk, graph);
    // Whichever may be first of those that may be next, the forks' order is kept.
    for (String order : new String[] {"ascending", "descending", "shuffled"}) {
      Emulator.configure("ORDER", order);
      JCudaDriver.cuMemsetD32Async(y, 0, 1, trunk);
      CUgraphExec exec = new CUgraphExec();
      JCudaDriver.cuGraphInstantiate(exec, graph, 0);
      JCudaDriver.cuGraphLaunch(exec, trunk);
      JCudaDriver.cuStreamSynchronize(trunk);
      assertEquals(4, device.readFloats(y, 1)[0], order);
    }
    add(branch, x, y, 1);
    JCudaDriver.cuStreamSynchronize(branch);
    assertEquals(5, device.readFloats(y, 1)[0], "the branch's stream records no longer");
  }

  @Test
  void aBranchThatIsNotJoinedIsRefused() {
    CUdeviceptr x = device.floats(1);
    CUstream trunk = stream();
    CUstream branch = stream();
    CUevent fork = event();
    JCudaDriver.cuStreamBeginCapture(
        trunk, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    add(trunk, x, x, 1);
    JCudaDriver.cuEventRecord(fork, trunk);
    JCudaDriver.cuStreamWaitEvent(branch, fork, 0);
    add(branch, x, x, 1);
    assertError(
        "CUDA_ERROR_STREAM_CAPTURE_UNJOINED",
        () -> JCudaDriver.cuStreamEndCapture(trunk, new CUgraph()));
  }

  @Test
  void whatAGraphCannotHoldIsRefusedAndEndsTheCapture() {
    CUdeviceptr x = device.floats(1);
    CUstream stream = stream();
    Runnable[] calls = {
      () -> JCudaDriver.cuStreamSynchronize(stream),
      () -> JCudaDriver.cuStreamQuery(stream),
      JCudaDriver::cuCtxSynchronize,
      () -> device.allocate(4),
      () -> JCudaDriver.cuMemFree(x),
      () -> device.readFloats(x, 1),
    };
    for (Runnable call : calls) {
      JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL);
      assertError("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", call);
      assertError(
          "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
          () -> JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
    }
  }

  @Test
  void anEventInACaptureCannotBeWaitedFor() {
    CUstream stream = stream();
    CUevent event = event();
    JCudaDriver.cuStreamBeginCapture(
        stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    JCudaDriver.cuEventRecord(event, stream);
    assertError("CUDA_ERROR_CAPTURED_EVENT", () -> JCudaDriver.cuEventSynchronize(event));
  }

  private static void assertError(String name, Runnable call) {
    assertEquals(name, assertThrows(CudaException.class, call::run).getMessage());
  }

  /** A kernel that runs and a Java thread talk to each other, a thousand times. */
  @Test
  void hostAndKernelTalkThroughMappedMemory() {
    int count = 1000;
    Pointer host = pinned(16);
    ByteBuffer words = view(host, 16);
    LONGS.setRelease(words, 0, 0L);
    LONGS.setRelease(words, 8, 0L);
    CUdeviceptr questions = onDevice(host);
    CUstream stream = stream();
    device.launch(stream, "mailbox", 1, 1, questions, questions.withByteOffset(8), count);
    long[] answers = new long[count];
    for (int i = 0; i < count; i++) {
      long question = i + 1L;
      LONGS.setRelease(words, 0, question);
      while ((long) LONGS.getAcquire(words, 8) != question * question) {
        Thread.onSpinWait();
      }
      answers[i] = (long) LONGS.getAcquire(words, 8);
    }
    JCudaDriver.cuStreamSynchronize(stream);
    long[] squares = new long[count];
    Arrays.setAll(squares, i -> (i + 1L) * (i + 1));
    assertArrayEquals(squares, answers);
  }
}
