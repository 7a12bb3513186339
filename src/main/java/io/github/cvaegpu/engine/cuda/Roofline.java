// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.util.Locale;

/**
 * How fast a GPU could be at most, by what its driver says of it: peaks of memory and of float32
 * arithmetic outside the tensor cores, each at the highest clock.
 *
 * @param memoryBytesPerSecond peak of the memory; 0 if the driver does not tell
 * @param flopPerSecond peak of fused multiplications and additions in float32, counted as two; 0 if
 *     the driver does not tell
 * @param assumed what the peaks rest on, a sentence
 */
public record Roofline(double memoryBytesPerSecond, double flopPerSecond, String assumed) {
  /** Transfers of a wire in a clock, of every memory that GPUs have had since 2010. */
  private static final int TRANSFERS = 2;

  private static final double KILO = 1e3;

  static Roofline of(Device device) {
    return of(
        device.capability(),
        device.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
        device.attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE),
        device.attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE),
        device.attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH));
  }

  /**
   * The peaks of a GPU.
   *
   * @param capability compute capability as in {@code sm_90}: 90
   * @param multiprocessors number of SMs
   * @param clockKilohertz highest clock of the SMs
   * @param memoryKilohertz highest clock of the memory
   * @param busBits wires to the memory
   */
  static Roofline of(
      int capability, int multiprocessors, int clockKilohertz, int memoryKilohertz, int busBits) {
    int cores = coresOfMultiprocessor(capability);
    return new Roofline(
        TRANSFERS * KILO * memoryKilohertz * busBits / Byte.SIZE,
        2 * KILO * clockKilohertz * cores * multiprocessors,
        String.format(
            Locale.ROOT,
            "Peaks: memory clock %,d MHz x 2 transfers x %d bits; %d SMs x %d float32 cores"
                + " (compute capability %d.%d) x 2 operations x %,d MHz, outside the tensor cores.",
            memoryKilohertz / 1000,
            busBits,
            multiprocessors,
            cores,
            capability / 10,
            capability % 10,
            clockKilohertz / 1000));
  }

  /** The driver does not tell: float32 results a clock and SM of the CUDA programming guide. */
  private static int coresOfMultiprocessor(int capability) {
    return capability <= 80 ? 64 : 128;
  }

  /**
   * The least time that work could take here.
   *
   * @return seconds; NaN if the driver does not tell a peak, or there is no work
   */
  double seconds(Work work) {
    double seconds = Math.max(memorySeconds(work), arithmeticSeconds(work));
    return seconds > 0 && Double.isFinite(seconds) ? seconds : Double.NaN;
  }

  /**
   * The least time as a share of the time that work took.
   *
   * @param micros microseconds that it took
   * @param onTensorCores whether its operations are not those that {@link #flopPerSecond} is the
   *     peak of
   * @return NaN if the peak that sets the least time is unknown
   */
  double share(Work work, double micros, boolean onTensorCores) {
    return onTensorCores && !isBoundByMemory(work) ? Double.NaN : 1e6 * seconds(work) / micros;
  }

  /** Whether moving bytes would take longer than operations. */
  boolean isBoundByMemory(Work work) {
    return memorySeconds(work) > arithmeticSeconds(work);
  }

  private double memorySeconds(Work work) {
    return work.bytes() / memoryBytesPerSecond;
  }

  private double arithmeticSeconds(Work work) {
    return work.flop() / flopPerSecond;
  }
}
