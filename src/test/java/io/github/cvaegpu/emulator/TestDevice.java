// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import java.util.function.IntToDoubleFunction;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A context on the emulated device, with the test kernels; all that is in it goes when it closes.
 */
final class TestDevice implements AutoCloseable {
  /** Of an allocation whose pages come from several pieces of what the emulator has ready. */
  static final int LARGE_BYTES = (9 << 20) + 52;

  private final CUcontext context = new CUcontext();
  private final CUmodule module = new CUmodule();

  TestDevice() {
    this("emulator/test-kernels.so");
  }

  /**
   * @param file a module that native/Makefile made
   */
  TestDevice(String file) {
    Emulator.loadDriver();
    JCudaDriver.setExceptionsEnabled(true);
    JCudaDriver.cuInit(0);
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, 0);
    JCudaDriver.cuCtxCreate(context, 0, device);
    JCudaDriver.cuModuleLoadData(module, Emulator.module(file));
  }

  CUmodule module() {
    return module;
  }

  CUcontext context() {
    return context;
  }

  CUfunction function(String name) {
    CUfunction function = new CUfunction();
    JCudaDriver.cuModuleGetFunction(function, module, name);
    return function;
  }

  CUdeviceptr allocate(long bytes) {
    CUdeviceptr result = new CUdeviceptr();
    JCudaDriver.cuMemAlloc(result, bytes);
    return result;
  }

  CUdeviceptr floats(float... values) {
    CUdeviceptr result = allocate((long) values.length * Sizeof.FLOAT);
    JCudaDriver.cuMemcpyHtoD(result, Pointer.to(values), (long) values.length * Sizeof.FLOAT);
    return result;
  }

  static float[] sequence(int count, IntToDoubleFunction value) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) value.applyAsDouble(i);
    }
    return values;
  }

  CUdeviceptr ints(int... values) {
    CUdeviceptr result = allocate((long) values.length * Sizeof.INT);
    JCudaDriver.cuMemcpyHtoD(result, Pointer.to(values), (long) values.length * Sizeof.INT);
    return result;
  }

  float[] readFloats(CUdeviceptr from, int count) {
    float[] values = new float[count];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, (long) count * Sizeof.FLOAT);
    return values;
  }

  int[] readInts(CUdeviceptr from, int count) {
    int[] values = new int[count];
    JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, (long) count * Sizeof.INT);
    return values;
  }

  /** Launches a kernel on a stream; integers, floats and pointers are its arguments. */
  void launch(CUstream stream, String kernel, int blocks, int threads, Object... arguments) {
    JCudaDriver.cuLaunchKernel(
        function(kernel), blocks, 1, 1, threads, 1, 1, 0, stream, arguments(arguments), null);
  }

  /** The same on the legacy stream. */
  void launch(String kernel, int blocks, int threads, Object... arguments) {
    launch(null, kernel, blocks, threads, arguments);
  }

  static Pointer arguments(Object... values) {
    NativePointerObject[] pointers = new NativePointerObject[values.length];
    for (int i = 0; i < values.length; i++) {
      pointers[i] = argument(values[i]);
    }
    return Pointer.to(pointers);
  }

  private static Pointer argument(Object value) {
    if (value instanceof Integer number) {
      return Pointer.to(new int[] {number});
    }
    if (value instanceof Float number) {
      return Pointer.to(new float[] {number});
    }
    return Pointer.to((Pointer) value);
  }

  @Override
  public void close() {
    JCudaDriver.cuCtxDestroy(context);
  }
}
