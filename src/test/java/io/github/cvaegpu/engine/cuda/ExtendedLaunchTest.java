// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.cvaegpu.emulator.Emulator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CudaLibraries;
import java.util.Optional;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Launches in clusters, with dynamic shared memory, and begun early: the emulator's test kernels.
 */
@ExtendWith(OnGpu.class)
class ExtendedLaunchTest {
  private static final int BLOCKS = 8;
  private static final int THREADS = 64;

  private Gpu gpu;
  private KernelModule module;
  private CudaStream stream;
  private DevicePointer x;
  private DevicePointer y;

  @BeforeEach
  void open() {
    assumeFalse(OnGpu.isReal(), "the test kernels are the emulator's");
    gpu = new Gpu(1);
    var loaded = new CUmodule();
    Check.driver(
        JCudaDriver.cuModuleLoadData(loaded, Emulator.module("emulator/test-kernels.so")),
        "cuModuleLoadData");
    module = new KernelModule(loaded, "test kernels");
    stream = new CudaStream("test");
    float[] values = new float[BLOCKS * THREADS];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    x = gpu.input(values);
    y = gpu.output(values.length);
  }

  @AfterEach
  void close() {
    Emulator.configure("CAPABILITY", "90");
    if (gpu != null) {
      stream.close();
      module.close();
      gpu.close();
    }
  }

  private static LaunchShape shape() {
    return LaunchShape.of(BLOCKS, 1, THREADS);
  }

  /** What cluster_sums gives: each block has the sums of all blocks of its cluster. */
  private static float[] sums(int cluster) {
    float[] expected = new float[BLOCKS * THREADS];
    for (int i = 0; i < expected.length; i++) {
      int first = i / THREADS / cluster * cluster;
      for (int block = first; block < first + cluster; block++) {
        expected[i] += block * THREADS + i % THREADS;
      }
    }
    return expected;
  }

  @Test
  void aClusterAddsUpOverItsBlocks() {
    for (int cluster : new int[] {1, 2, 4, 8}) {
      module
          .kernel("cluster_sums")
          .launch(
              stream, Work.NONE, shape().inClusters(cluster), args().pointer(x).pointer(y).i32(1));
      assertArrayEquals(sums(cluster), gpu.read(y, BLOCKS * THREADS));
    }
  }

  /** Many launches of every kind in one graph, replayed. */
  @Test
  void aGraphHasLaunchesInClusters() {
    Kernel turn = module.kernel("cluster_turn");
    LaunchShape clusters = shape().inClusters(4).withSharedBytes(THREADS * Float.BYTES);
    int pairs = 300;
    long begin = System.nanoTime();
    try (var graph =
        new StepGraph(
            stream,
            () -> {
              for (int i = 0; i < pairs; i++) {
                turn.launch(stream, Work.NONE, clusters, args().pointer(x).pointer(y));
                turn.launch(
                    stream, Work.NONE, clusters.programmatic(true), args().pointer(y).pointer(x));
              }
            })) {
      assertEquals(2 * pairs, graph.nodes());
      graph.launch();
      graph.launch();
      // 1200 turns by one are none in clusters of four.
      float[] values = gpu.read(x, BLOCKS * THREADS);
      for (int i = 0; i < values.length; i++) {
        assertEquals(i, values[i]);
      }
      // A turn less.
      float[] before = gpu.read(y, BLOCKS * THREADS);
      assertEquals(THREADS, before[0]);
      assertEquals(0, before[3 * THREADS]);
    }
    assertTrue(System.nanoTime() - begin < 60e9, "600 nodes twice in less than a minute");
  }

  /**
   * More than 48 KB have to be asked for, which the kernel does; and the GPU has no more than 227.
   */
  @Test
  void aBlockGetsTheSharedMemoryThatItNeeds() {
    Kernel turn = module.kernel("cluster_turn");
    for (LaunchShape shape : new LaunchShape[] {shape(), shape().inClusters(2)}) {
      turn.launch(
          stream, Work.NONE, shape.withSharedBytes(200 << 10), args().pointer(x).pointer(y));
      float[] values = gpu.read(y, BLOCKS * THREADS);
      assertEquals(shape.isPlain() ? 0 : THREADS, values[0]);
    }
    var refused =
        assertThrows(
            EngineException.class,
            () ->
                turn.launch(
                    stream,
                    Work.NONE,
                    shape().withSharedBytes(228 << 10),
                    args().pointer(x).pointer(y)));
    assertTrue(
        refused.getMessage().startsWith("cuFuncSetAttribute(cluster_turn, "), refused.getMessage());
  }

  @Test
  void aRefusedLaunchSaysHowItWasLaunched() {
    Kernel kernel = module.kernel("cluster_sums");
    LaunchShape shape = shape().inClusters(3).programmatic(true);
    var refused =
        assertThrows(
            EngineException.class,
            () -> kernel.launch(stream, Work.NONE, shape, args().pointer(x).pointer(y).i32(1)));
    assertTrue(
        refused
            .getMessage()
            .startsWith(
                "cuLaunchKernelEx(cluster_sums, grid 8 x 1, block 64, clusters of 3, programmatic)"
                    + " failed: "),
        refused.getMessage());
    assertTrue(
        refused
            .getMessage()
            .contains(
                "a kernel launch error has occurred due to cluster misconfiguration"
                    + " (CUDA_ERROR_INVALID_CLUSTER_SIZE)"),
        refused.getMessage());
  }

  @Test
  void aGpuWithoutClustersRefusesThem() {
    Emulator.configure("CAPABILITY", "89");
    Kernel kernel = module.kernel("cluster_sums");
    for (LaunchShape shape :
        new LaunchShape[] {shape().inClusters(2), shape().programmatic(true)}) {
      var refused =
          assertThrows(
              EngineException.class,
              () -> kernel.launch(stream, Work.NONE, shape, args().pointer(x).pointer(y).i32(1)));
      assertTrue(refused.getMessage().contains("operation not supported"), refused.getMessage());
    }
    kernel.launch(stream, Work.NONE, shape(), args().pointer(x).pointer(y).i32(1));
    assertArrayEquals(sums(1), gpu.read(y, BLOCKS * THREADS));
  }

  /** The check of all launches sees these too. */
  @Test
  void aWrongArgumentIsFound() {
    Kernel kernel = gpu.module.kernel("gather_images");
    var found =
        assertThrows(
            AssertionError.class,
            () ->
                kernel.launch(
                    gpu.stream,
                    Work.NONE,
                    LaunchShape.of(2, 1, 256).inClusters(2),
                    args().pointer(x).i32(1).pointer(y)));
    assertTrue(found.getMessage().contains("parameters of gather_images"), found.getMessage());
  }

  @Test
  void aDriverWithoutTheFunctionIsTooOld() {
    var old = new CudaLibraries.Library("libcuda.so.1", name -> Optional.empty());
    var tooOld = assertThrows(EngineException.class, () -> Kernel.extendedLaunch(Optional.of(old)));
    assertTrue(
        tooOld.getMessage().startsWith("The NVIDIA driver is too old to launch kernels"),
        tooOld.getMessage());
  }
}
