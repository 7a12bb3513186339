// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static io.github.cvaegpu.engine.cuda.Arguments.args;

import com.google.gson.GsonBuilder;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.Nvrtc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUevent;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/**
 * Measures on the machine's GPU what the design of the CUDA engine rests on: a node of a graph, a
 * barrier over the grid, the mailbox's round trip from Java, and each large product of the study's
 * step by cuBLAS. Prints a table; with an argument, writes JSON there.
 *
 * <p>A program, not a test: it needs a GPU and NVRTC, and is run by {@code scripts/gpu-steps.sh}
 * from a folder that holds {@code bench/foundations.cu}.
 */
final class Foundations {
  private static final int REPEATS = 1_000;
  private static final int ROUND_TRIPS = 20_000;
  private static final int SAMPLES = 20;
  private static final VarHandle WORDS = ValueLayout.JAVA_LONG.varHandle();

  private final Map<String, Double> microseconds = new LinkedHashMap<>();
  private final Gpu gpu;
  private final KernelModule module;

  private Foundations(Gpu gpu, KernelModule module) {
    this.gpu = gpu;
    this.module = module;
  }

  /**
   * Measures.
   *
   * @param args where to write JSON, or nothing
   */
  public static void main(String[] args) throws IOException, Nvrtc.CompileException {
    try (var gpu = new Gpu(1);
        KernelModule module = compile(gpu)) {
      var foundations = new Foundations(gpu, module);
      foundations.graphNode();
      foundations.gridBarrier();
      foundations.mailbox();
      foundations.products();
      foundations.microseconds.forEach(
          (what, us) -> System.out.printf("%-44s %9.3f us%n", what, us));
      if (args.length > 0) {
        var result = new LinkedHashMap<String, Object>();
        result.put("gpu", gpu.device.name());
        result.put("driver_for_cuda", Device.driverVersion());
        result.put("cublas", Blas.version());
        result.put("microseconds", foundations.microseconds);
        String json = new GsonBuilder().setPrettyPrinting().create().toJson(result);
        Files.writeString(Path.of(args[0]), json + "\n");
      }
    }
  }

  private static KernelModule compile(Gpu gpu) throws IOException, Nvrtc.CompileException {
    Nvrtc compiler =
        new CudaLibraries()
            .loadNvrtc(Device.driverMajor())
            .map(Nvrtc::new)
            .orElseThrow(() -> new IllegalStateException("NVRTC was not found"));
    String name = "foundations.cu";
    Map<String, String> sources = new HashMap<>(KernelSources.texts());
    sources.put(name, Files.readString(Path.of("bench", name)));
    byte[] code = compiler.compile(name, sources, gpu.device.capability());
    var module = new CUmodule();
    Check.driver(JCudaDriver.cuModuleLoadData(module, code), "cuModuleLoadData", name);
    return new KernelModule(module, name);
  }

  private void graphNode() {
    Kernel nothing = module.kernel("foundation_nothing");
    double each = inGraph(() -> nothing.launch(gpu.stream, Work.NONE, 1, 1, 32, args())) / REPEATS;
    microseconds.put("node of a graph, one after another", each);
  }

  private void gridBarrier() {
    int blocks = gpu.device.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    DevicePointer counter = gpu.memory.bytes(Integer.BYTES);
    Kernel barriers = module.kernel("foundation_barriers");
    double[] samples = new double[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      DeviceMemory.upload(counter, Pointer.to(new int[] {0}), Integer.BYTES);
      samples[i] =
          milliseconds(
              () -> {
                Pointer arguments =
                    Pointer.to(Pointer.to(counter), Pointer.to(new int[] {REPEATS}));
                Check.driver(
                    JCudaDriver.cuLaunchCooperativeKernel(
                        barriers.function(),
                        blocks,
                        1,
                        1,
                        256,
                        1,
                        1,
                        0,
                        gpu.stream.handle(),
                        arguments),
                    "cuLaunchCooperativeKernel",
                    barriers.name());
              });
    }
    microseconds.put(
        String.format(Locale.ROOT, "barrier over %d blocks", blocks),
        1e3 * median(samples) / REPEATS);
  }

  private void mailbox() {
    int bytes = 2 * 64; // A cache line for each direction.
    var host = new Pointer();
    var device = new DevicePointer();
    Check.driver(
        JCudaDriver.cuMemHostAlloc(host, bytes, JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP),
        "cuMemHostAlloc");
    Check.driver(
        JCudaDriver.cuMemHostGetDevicePointer(device, host, 0), "cuMemHostGetDevicePointer");
    MemorySegment words =
        MemorySegment.ofBuffer(host.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()));
    // The first lap is for the JVM to compile this loop.
    answer(words, device);
    double[] trips = answer(words, device);
    Arrays.sort(trips);
    microseconds.put("mailbox, round trip, median", trips[trips.length / 2]);
    microseconds.put("mailbox, round trip, 99 of 100", trips[trips.length * 99 / 100]);
    microseconds.put("mailbox, round trip, longest", trips[trips.length - 1]);
    Check.driver(JCudaDriver.cuMemFreeHost(host), "cuMemFreeHost");
  }

  /** Answers a kernel's questions; microseconds from one to the next. */
  private double[] answer(MemorySegment words, DevicePointer device) {
    words.fill((byte) 0);
    module
        .kernel("foundation_mailbox")
        .launch(
            gpu.stream,
            Work.NONE,
            1,
            1,
            1,
            args().pointer(device).pointer(device.withByteOffset(64)).i32(ROUND_TRIPS));
    double[] trips = new double[ROUND_TRIPS - 1];
    long before = 0;
    for (long i = 1; i <= ROUND_TRIPS; i++) {
      while ((long) WORDS.getAcquire(words, 0L) != i) {
        Thread.onSpinWait();
      }
      long now = System.nanoTime();
      WORDS.setRelease(words, 64L, i);
      if (i > 1) {
        trips[(int) i - 2] = (now - before) / 1e3;
      }
      before = now;
    }
    gpu.device.synchronize();
    return trips;
  }

  private void products() {
    int rows = 128;
    product("784 -> 400", 784, 400, rows);
    product("400 -> 784", 400, 784, rows);
  }

  private void product(String name, int in, int out, int rows) {
    CudaLayer layer = gpu.layer(gpu.normals(in * out), gpu.normals(out));
    CudaLayer gradient = gpu.gradient(layer);
    DeviceMatrix x = gpu.input(gpu.normals(rows * in), in);
    DeviceMatrix y = gpu.output(rows, out);
    DeviceMatrix dy = gpu.input(gpu.normals(rows * out), out);
    DeviceMatrix dx = gpu.output(rows, in);
    time(name + ", y = x W^T", () -> gpu.blas.forward(layer, x, rows, y));
    time(name + ", dx = dy W", () -> gpu.blas.backwardInput(layer, dy, rows, dx));
    time(name + ", dW = dy^T x", () -> gpu.blas.backwardWeight(gradient, dy, x, rows));
  }

  private void time(String what, Runnable product) {
    microseconds.put("cuBLAS float32, " + what, inGraph(product) / REPEATS);
  }

  /** Microseconds that a graph of many of the same takes. */
  private double inGraph(Runnable work) {
    // The driver and cuBLAS load a kernel when it is first launched, which is not to be captured.
    work.run();
    gpu.stream.synchronize();
    try (var graph =
        new StepGraph(
            gpu.stream,
            () -> {
              for (int i = 0; i < REPEATS; i++) {
                work.run();
              }
            })) {
      double[] samples = new double[SAMPLES];
      for (int i = 0; i < SAMPLES; i++) {
        samples[i] = milliseconds(graph::launch);
      }
      return 1e3 * median(samples);
    }
  }

  private double milliseconds(Runnable work) {
    var begin = new CUevent();
    var end = new CUevent();
    Check.driver(JCudaDriver.cuEventCreate(begin, 0), "cuEventCreate");
    Check.driver(JCudaDriver.cuEventCreate(end, 0), "cuEventCreate");
    gpu.device.synchronize();
    Check.driver(JCudaDriver.cuEventRecord(begin, gpu.stream.handle()), "cuEventRecord");
    work.run();
    Check.driver(JCudaDriver.cuEventRecord(end, gpu.stream.handle()), "cuEventRecord");
    gpu.stream.synchronize();
    float[] time = new float[1];
    Check.driver(JCudaDriver.cuEventElapsedTime(time, begin, end), "cuEventElapsedTime");
    Check.driver(JCudaDriver.cuEventDestroy(begin), "cuEventDestroy");
    Check.driver(JCudaDriver.cuEventDestroy(end), "cuEventDestroy");
    return time[0];
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
