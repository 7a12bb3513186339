// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.NativePointerObject;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;

/**
 * The emulator in this process. Its libraries must be loaded before JCuda's classes initialise: the
 * dynamic linker then takes them for those that JCuda's own libraries ask for.
 */
public final class Emulator {
  /** System property that names the folder where Maven built the C libraries. */
  static final String FOLDER_PROPERTY = "cvaegpu.native";

  private static final int REPORT_BYTES = 4096;

  private Emulator() {}

  private static final class Driver {
    static final SymbolLookup FUNCTIONS =
        SymbolLookup.libraryLookup(file("emulator/libcuda.so.1"), Arena.global());
  }

  /** Why there is no emulator; empty if there is one. */
  public static Optional<String> reasonForNone() {
    if (System.getProperty(FOLDER_PROPERTY) == null) {
      return Optional.of("the system property %s is not set".formatted(FOLDER_PROPERTY));
    }
    Path reason = file("not-built.txt");
    if (!Files.exists(reason)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(reason).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file that native/Makefile made. */
  public static Path file(String name) {
    return Path.of(System.getProperty(FOLDER_PROPERTY)).resolve(name);
  }

  /** Loads the emulator's driver, if that has not been done. */
  static void loadDriver() {
    if (Driver.FUNCTIONS.find("cuInit").isEmpty()) {
      throw new AssertionError("the emulator has no cuInit");
    }
  }

  /** Loads the emulator's driver and its cuBLAS, if that has not been done. */
  public static void load() {
    loadDriver();
    SymbolLookup.libraryLookup(file("emulator/libcublas.so.12"), Arena.global());
  }

  /** The image of a module of kernels, for {@code cuModuleLoadData}. */
  public static byte[] module(String name) {
    try {
      return Files.readAllBytes(file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Changes a setting for what follows.
   *
   * @param name of the environment variable, without CVAE_EMULATOR_
   */
  public static void configure(String name, String value) {
    try (Arena arena = Arena.ofConfined()) {
      Object made =
          call(
              "cvaeEmulatorConfigure",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS),
              arena.allocateFrom(name),
              arena.allocateFrom(value));
      if ((int) made != 1) {
        throw new IllegalArgumentException("no setting %s=%s".formatted(name, value));
      }
    }
  }

  /** What this thread's context holds, and cuBLAS's handles: made and not given back. */
  public static long held() {
    return (long) call("cvaeEmulatorHeld", FunctionDescriptor.of(JAVA_LONG));
  }

  /** The newest report of something that went wrong. */
  public static String report() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(REPORT_BYTES);
      call(
          "cvaeEmulatorReport",
          FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG),
          text,
          (long) REPORT_BYTES);
      return text.getString(0);
    }
  }

  /**
   * A kernel's parameter.
   *
   * @param offset where it lies among them, as a struct's member does
   * @param bytes its size
   */
  public record Parameter(long offset, long bytes) {}

  /** What a kernel takes: cuFuncGetParamInfo, which JCuda does not bind. */
  public static List<Parameter> parameters(CUfunction function) {
    var type = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
    List<Parameter> parameters = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offset = arena.allocate(JAVA_LONG);
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      for (long i = 0; ; i++) {
        int status = (int) call("cuFuncGetParamInfo", type, address(function), i, offset, bytes);
        if (status == CUresult.CUDA_ERROR_INVALID_VALUE) {
          return parameters;
        }
        if (status != CUresult.CUDA_SUCCESS) {
          throw new AssertionError(CUresult.stringFor(status));
        }
        parameters.add(new Parameter(offset.get(JAVA_LONG, 0), bytes.get(JAVA_LONG, 0)));
      }
    }
  }

  /** A handle's value, which JCuda keeps to itself. */
  static long address(NativePointerObject handle) {
    try {
      var getter = NativePointerObject.class.getDeclaredMethod("getNativePointer");
      getter.setAccessible(true);
      return (long) getter.invoke(handle);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("NativePointerObject.getNativePointer", e);
    }
  }

  /** Calls a function of the driver, for what JCuda does not bind or binds wrongly. */
  static Object call(String function, FunctionDescriptor type, Object... arguments) {
    MemorySegment address = Driver.FUNCTIONS.find(function).orElseThrow();
    try {
      return Linker.nativeLinker().downcallHandle(address, type).invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new LinkageError(function, e);
    }
  }
}
