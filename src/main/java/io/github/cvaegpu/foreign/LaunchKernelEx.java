// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The driver's {@code cuLaunchKernelEx}, which JCuda does not bind: launches with clusters of
 * blocks, and ones that may begin before the grid before them has ended. And how many clusters fit
 * on the GPU. Drivers have both since CUDA 11.8.
 */
public final class LaunchKernelEx {
  private static final String NAME = "cuLaunchKernelEx";
  private static final String MOST_CLUSTERS = "cuOccupancyMaxActiveClusters";

  // CUlaunchConfig: grid and block, three integers each, then these.
  private static final long CONFIG_BYTES = 56;
  private static final long BLOCK = 12;
  private static final long SHARED_BYTES = 24;
  private static final long STREAM = 32;
  private static final long ATTRIBUTES = 40;
  private static final long ATTRIBUTE_COUNT = 48;

  // CUlaunchAttribute: which, then a union that takes 64 bytes.
  private static final long ATTRIBUTE_BYTES = 72;
  private static final long VALUE = 8;
  private static final int MOST_ATTRIBUTES = 2;
  private static final int CLUSTER_DIMENSION = 4;
  private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

  /** CUDA_ERROR_NOT_FOUND. */
  private static final int NOT_FOUND = 500;

  /** What no parameter of a kernel needs more of. */
  private static final long MOST_ALIGNED = 16;

  private final MethodHandle function;
  private final Optional<MethodHandle> mostClusters;

  private LaunchKernelEx(MethodHandle function, Optional<MethodHandle> mostClusters) {
    this.function = function;
    this.mostClusters = mostClusters;
  }

  /**
   * How a kernel is launched.
   *
   * @param blocksX blocks of the grid
   * @param blocksY rows of blocks
   * @param threads of a block
   * @param clusterX blocks of a cluster, all in one row; 1 for no clusters
   * @param sharedBytes dynamic shared memory of a block
   * @param isProgrammatic whether the grid may begin before the one before it in its stream has
   *     ended
   */
  public record Config(
      int blocksX,
      int blocksY,
      int threads,
      int clusterX,
      int sharedBytes,
      boolean isProgrammatic) {}

  /**
   * What the driver says of clusters.
   *
   * @param number how many fit, where it has said that
   * @param status the driver's, a {@code CUresult}
   */
  public record MostClusters(int number, int status) {}

  /**
   * Finds the functions.
   *
   * @param driver CUDA's driver
   * @return empty if the driver is too old to have it
   */
  public static Optional<LaunchKernelEx> of(CudaLibraries.Library driver) {
    return find(driver, NAME, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS))
        .map(
            launch ->
                new LaunchKernelEx(
                    launch,
                    find(
                        driver,
                        MOST_CLUSTERS,
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS))));
  }

  private static Optional<MethodHandle> find(
      CudaLibraries.Library driver, String name, FunctionDescriptor type) {
    return driver
        .functions()
        .find(name)
        .map(address -> Linker.nativeLinker().downcallHandle(address, type));
  }

  /**
   * Launches a kernel.
   *
   * @param config how
   * @param kernel the driver's handle
   * @param stream the driver's handle
   * @param arguments the bytes of each parameter
   * @return the driver's status, a {@code CUresult}
   */
  public int launch(Config config, long kernel, long stream, List<ByteBuffer> arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment places = arena.allocate(ADDRESS, arguments.size());
      for (int i = 0; i < arguments.size(); i++) {
        MemorySegment bytes = MemorySegment.ofBuffer(arguments.get(i));
        MemorySegment value = arena.allocate(bytes.byteSize(), MOST_ALIGNED).copyFrom(bytes);
        places.setAtIndex(ADDRESS, i, value);
      }
      return (int)
          function.invokeExact(
              struct(arena, config, stream),
              MemorySegment.ofAddress(kernel),
              places,
              MemorySegment.NULL);
    } catch (Throwable e) {
      throw new LinkageError(NAME, e);
    }
  }

  /**
   * How many clusters of a launch the GPU can hold at a time.
   *
   * @param config how it would be launched
   * @param kernel the driver's handle
   * @return a number, or the driver's status where it gives none
   */
  public MostClusters mostClusters(Config config, long kernel) {
    if (mostClusters.isEmpty()) {
      return new MostClusters(0, NOT_FOUND);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(JAVA_INT);
      int status =
          (int)
              mostClusters
                  .get()
                  .invokeExact(number, MemorySegment.ofAddress(kernel), struct(arena, config, 0));
      return new MostClusters(number.get(JAVA_INT, 0), status);
    } catch (Throwable e) {
      throw new LinkageError(MOST_CLUSTERS, e);
    }
  }

  private static MemorySegment struct(Arena arena, Config config, long stream) {
    MemorySegment attributes = arena.allocate(MOST_ATTRIBUTES * ATTRIBUTE_BYTES, Long.BYTES);
    int count = 0;
    if (config.clusterX() > 1) {
      MemorySegment value = attribute(attributes, count++, CLUSTER_DIMENSION);
      setDimensions(value, config.clusterX(), 1);
    }
    if (config.isProgrammatic()) {
      attribute(attributes, count++, PROGRAMMATIC_STREAM_SERIALIZATION).set(JAVA_INT, 0, 1);
    }
    MemorySegment struct = arena.allocate(CONFIG_BYTES, Long.BYTES);
    setDimensions(struct, config.blocksX(), config.blocksY());
    setDimensions(struct.asSlice(BLOCK), config.threads(), 1);
    struct.set(JAVA_INT, SHARED_BYTES, config.sharedBytes());
    struct.set(ADDRESS, STREAM, MemorySegment.ofAddress(stream));
    struct.set(ADDRESS, ATTRIBUTES, attributes);
    struct.set(JAVA_INT, ATTRIBUTE_COUNT, count);
    return struct;
  }

  /** Says which an attribute is. @return its value */
  private static MemorySegment attribute(MemorySegment attributes, int index, int which) {
    MemorySegment attribute = attributes.asSlice(index * ATTRIBUTE_BYTES, ATTRIBUTE_BYTES);
    attribute.set(JAVA_INT, 0, which);
    return attribute.asSlice(VALUE);
  }

  private static void setDimensions(MemorySegment three, int x, int y) {
    three.setAtIndex(JAVA_INT, 0, x);
    three.setAtIndex(JAVA_INT, 1, y);
    three.setAtIndex(JAVA_INT, 2, 1);
  }
}
