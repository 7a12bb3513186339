// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Arrays;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;

/** What {@link EmulatorProcessTest} runs in processes of their own: most of it ends them. */
final class ChildPrograms {
  private ChildPrograms() {}

  /** Runs the program that the first argument names. */
  public static void main(String[] arguments) throws Throwable {
    switch (arguments[0]) {
      case "bind" -> bind();
      case "unsupported" -> unsupported();
      case "no-device" -> noDevice();
      case "host-access" -> hostAccess(4);
      case "host-access-large" -> hostAccess(TestDevice.LARGE_BYTES);
      case "bridge" -> bridge(true);
      case "bridge-unset" -> bridge(false);
      case "bridge-unsupported" -> bridgeUnsupported();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** Loads JCuda's libraries, which binds all their symbols if the environment asks for that. */
  private static void bind() {
    Emulator.load();
    JCudaDriver.setExceptionsEnabled(true);
    JCublas2.setExceptionsEnabled(true);
    System.out.println("bound");
  }

  private static void unsupported() {
    CUdeviceptr pointer = new TestDevice().allocate(4);
    JCudaDriver.cuMemAllocManaged(pointer, 4, 1);
  }

  private static void noDevice() {
    Emulator.load();
    JCudaDriver.setExceptionsEnabled(true);
    try {
      JCudaDriver.cuInit(0);
    } catch (CudaException e) {
      System.out.println(e.getMessage());
    }
  }

  private static void hostAccess(int bytes) {
    var device = new TestDevice();
    CUdeviceptr x = device.allocate(bytes);
    JCudaDriver.cuMemcpyHtoD(x, Pointer.to(new float[] {1}), 4);
    var host = MemorySegment.ofAddress(Emulator.address(x)).reinterpret(4);
    System.out.println(host.get(JAVA_INT, 0));
  }

  /** Uses the bridge as a program would that finds only cuBLAS 13. */
  private static void bridge(boolean set) throws Throwable {
    Emulator.loadDriver();
    SymbolLookup bridge =
        SymbolLookup.libraryLookup(Emulator.file(EmulatorProcessTest.BRIDGE), Arena.global());
    if (set) {
      forward(
          bridge,
          SymbolLookup.libraryLookup(Emulator.file("emulator/libcublas.so.13"), Arena.global()));
    }
    try (var device = new TestDevice()) {
      JCublas2.setExceptionsEnabled(true);
      cublasHandle handle = new cublasHandle();
      JCublas2.cublasCreate(handle);
      CUdeviceptr c = device.allocate(8);
      Pointer one = Pointer.to(new float[] {1});
      Pointer zero = Pointer.to(new float[] {0});
      int n = cublasOperation.CUBLAS_OP_N;
      CUdeviceptr a = device.floats(1, 2, 3, 4);
      CUdeviceptr b = device.floats(10, 100);
      JCublas2.cublasSgemm(handle, n, n, 2, 1, 2, one, a, 2, b, 2, zero, c, 2);
      System.out.println(Arrays.toString(device.readFloats(c, 2)));
    }
  }

  private static void bridgeUnsupported() throws Throwable {
    Emulator.loadDriver();
    SymbolLookup.libraryLookup(Emulator.file(EmulatorProcessTest.BRIDGE), Arena.global());
    JCublas2.cublasSdot(new cublasHandle(), 1, new Pointer(), 1, new Pointer(), 1, new Pointer());
  }

  private static void forward(SymbolLookup bridge, SymbolLookup cublas) throws Throwable {
    Linker linker = Linker.nativeLinker();
    var nameAt =
        linker.downcallHandle(
            bridge.find("cvae_bridge_name").orElseThrow(),
            FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    var forward =
        linker.downcallHandle(
            bridge.find("cvae_bridge_forward").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    for (long i = 0; ; i++) {
      var name = (MemorySegment) nameAt.invokeExact(i);
      if (name.address() == 0) {
        return;
      }
      String text = name.reinterpret(Long.MAX_VALUE).getString(0);
      int known = (int) forward.invokeExact(name, cublas.find(text).orElseThrow());
      if (known != 1) {
        throw new AssertionError(text);
      }
    }
  }
}
