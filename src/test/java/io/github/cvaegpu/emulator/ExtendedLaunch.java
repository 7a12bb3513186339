// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.emulator;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import jcuda.CudaException;
import jcuda.NativePointerObject;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/** cuLaunchKernelEx, which JCuda does not bind, with any attributes. */
final class ExtendedLaunch {
  static final int IGNORE = 0;
  static final int COOPERATIVE = 2;
  static final int CLUSTER_DIMENSION = 4;
  static final int PROGRAMMATIC = 6;

  private static final FunctionDescriptor LAUNCH =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
  private static final FunctionDescriptor OCCUPANCY =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS);

  private record Attribute(int which, List<Integer> value) {}

  private final int[] dimensions;
  private final List<Attribute> attributes = new ArrayList<>();
  private int sharedBytes;
  private CUstream stream;

  /** Of a grid and a block, three numbers each. */
  ExtendedLaunch(int... gridAndBlock) {
    dimensions = gridAndBlock.clone();
  }

  /** Of blocks in a row. */
  static ExtendedLaunch row(int blocks, int threads) {
    return new ExtendedLaunch(blocks, 1, 1, threads, 1, 1);
  }

  ExtendedLaunch attribute(int which, Integer... value) {
    attributes.add(new Attribute(which, List.of(value)));
    return this;
  }

  ExtendedLaunch cluster(int x, int y, int z) {
    return attribute(CLUSTER_DIMENSION, x, y, z);
  }

  ExtendedLaunch shared(int bytes) {
    sharedBytes = bytes;
    return this;
  }

  ExtendedLaunch on(CUstream stream) {
    this.stream = stream;
    return this;
  }

  /** Launches; integers and pointers are the arguments. Throws what the driver returns. */
  void launch(CUfunction function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment places = arena.allocate(ADDRESS, arguments.length);
      for (int i = 0; i < arguments.length; i++) {
        long word =
            arguments[i] instanceof Integer number
                ? number
                : Emulator.address((NativePointerObject) arguments[i]);
        places.setAtIndex(ADDRESS, i, arena.allocateFrom(JAVA_LONG, word));
      }
      check(
          (int)
              Emulator.call(
                  "cuLaunchKernelEx",
                  LAUNCH,
                  config(arena),
                  Emulator.address(function),
                  places,
                  MemorySegment.NULL));
    }
  }

  /** How many of its clusters the device holds at a time. */
  int maxActiveClusters(CUfunction function) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment clusters = arena.allocate(JAVA_INT);
      check(
          (int)
              Emulator.call(
                  "cuOccupancyMaxActiveClusters",
                  OCCUPANCY,
                  clusters,
                  Emulator.address(function),
                  config(arena)));
      return clusters.get(JAVA_INT, 0);
    }
  }

  private static void check(int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw new CudaException(CUresult.stringFor(status));
    }
  }

  private MemorySegment config(Arena arena) {
    MemorySegment list = arena.allocate(72L * Math.max(1, attributes.size()), 8);
    for (int i = 0; i < attributes.size(); i++) {
      list.set(JAVA_INT, 72L * i, attributes.get(i).which());
      List<Integer> value = attributes.get(i).value();
      for (int k = 0; k < value.size(); k++) {
        list.set(JAVA_INT, 72L * i + 8 + 4L * k, value.get(k));
      }
    }
    MemorySegment config = arena.allocate(56, 8);
    for (int i = 0; i < dimensions.length; i++) {
      config.setAtIndex(JAVA_INT, i, dimensions[i]);
    }
    config.set(JAVA_INT, 24, sharedBytes);
    config.set(JAVA_LONG, 32, stream == null ? 0 : Emulator.address(stream));
    config.set(ADDRESS, 40, list);
    config.set(JAVA_INT, 48, attributes.size());
    return config;
  }
}
