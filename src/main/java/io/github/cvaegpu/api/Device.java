// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.engine.cuda.CudaAccelerator;
import io.github.cvaegpu.engine.cuda.CudaRuntime;
import io.github.cvaegpu.engine.cuda.Precision;
import io.github.cvaegpu.engine.cuda.StepKind;
import io.github.cvaegpu.engine.cuda.Tune;
import io.github.cvaegpu.foreign.CpuLibraries;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * What computes: this machine's CPU, or its NVIDIA GPU. Several models and trainings may be at work
 * on it at once, each for one caller at a time. A device computes the same bits each time; a CPU
 * does for any number of threads, and on every processor that the native step is for.
 */
public final class Device implements AutoCloseable {
  /** Most threads of a CPU. */
  public static final int MAX_THREADS = CpuAccelerator.MAX_THREADS;

  private final Accelerator accelerator;

  private Device(Supplier<Accelerator> accelerator) {
    this.accelerator = CvaeGpuException.translating(accelerator);
  }

  /** The GPU where there is one that can be used, else the CPU. */
  public static Device best() {
    return CudaRuntime.problem().isEmpty() ? gpu() : cpu();
  }

  /** The CPU, with a thread for each of its cores that this process may use. */
  public static Device cpu() {
    return cpu(CpuAccelerator.defaultThreads());
  }

  /**
   * The CPU.
   *
   * @param threads that a model computes with, from 1 to {@value #MAX_THREADS}
   */
  public static Device cpu(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d threads, not 1 to %d", threads, MAX_THREADS));
    }
    return new Device(
        () -> {
          CpuLibraries.requireAsked();
          return new CpuAccelerator(threads);
        });
  }

  /**
   * The first NVIDIA GPU that this process sees, in 32-bit floats.
   *
   * @throws CvaeGpuException if there is none that can be used; the message says why
   */
  public static Device gpu() {
    return new Device(
        () -> {
          CudaRuntime.problem()
              .ifPresent(
                  problem -> {
                    throw new EngineException(problem);
                  });
          return new CudaAccelerator(Precision.FLOAT32, StepKind.AUTO, Tune.ON);
        });
  }

  /** Whether it is a GPU. */
  public boolean isGpu() {
    return info().engine().equals("cuda");
  }

  /** Its name and what computes on it, for people. */
  @Override
  public String toString() {
    return "%s: %s".formatted(info().device(), info().library());
  }

  private EngineInfo info() {
    return accelerator.info();
  }

  Accelerator accelerator() {
    return accelerator;
  }

  /** Gives the device back, and closes the models that are still open on it. */
  @Override
  public void close() {
    accelerator.close();
  }
}
