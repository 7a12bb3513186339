// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.github.cvaegpu.Digests;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.foreign.NativeFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/**
 * Chooses how a step's launches are cut, by timing whole steps: once for a GPU, driver, network and
 * batch, in some tenths of a second; the choice is kept. It may not change a bit of any result.
 *
 * <p>Nothing else of this process is on the GPU meanwhile ({@link CudaAccelerator#alone}), and what
 * one model has timed no further one of the accelerator times again.
 */
final class StepTuner {
  /** Replays of a graph that are timed together, and how often that is done; the least counts. */
  private static final int REPLAYS = 4;

  private static final int TIMES = 3;

  private static final Duration WARM_UP = Duration.ofMillis(100);

  private final CudaAccelerator accelerator;
  private final CudaStream stream;
  private final StepInput input;
  private final int rows;
  private final int batches;

  /**
   * @param stream where steps begin and end
   * @param input that of the steps; what is in it afterwards is not to be relied on
   * @param rows images of a batch
   * @param batches whole batches of an epoch: steps that can follow each other
   */
  StepTuner(
      CudaAccelerator accelerator, CudaStream stream, StepInput input, int rows, int batches) {
    this.accelerator = accelerator;
    this.stream = stream;
    this.input = input;
    this.rows = rows;
    this.batches = batches;
  }

  /** A choice, and where it comes from. */
  record Chosen(StepTuning tuning, String origin) {
    @Override
    public String toString() {
      return tuning + " (" + origin + ")";
    }
  }

  /** Chooses, as the options of the accelerator say. */
  Chosen choose(StepFactory steps, String network) {
    Chosen chosen = fastest(steps, network);
    StepTuning tuning = chosen.tuning();
    // What was timed for other numbers of batches, or for launches that are graphs, may not do
    // here.
    return canLaunch(tuning)
        ? chosen
        : new Chosen(
            tuning.withStepsALaunch(accelerator.options().stepsALaunch()), chosen.origin());
  }

  private boolean canLaunch(StepTuning tuning) {
    CudaAccelerator.Options options = accelerator.options();
    return options.isCaptured() && options.stepsAhead() > 1 && batches >= tuning.stepsALaunch();
  }

  private Chosen fastest(StepFactory steps, String network) {
    Tune tune = accelerator.options().tune();
    // An emulator's times are no reason to choose anything, but a test may insist.
    if (tune == Tune.OFF || (tune == Tune.ON && CudaLibraries.emulator().isPresent())) {
      return new Chosen(steps.standard(), "not timed");
    }
    if (replays(steps.standard()) == 0) {
      return new Chosen(steps.standard(), "too few batches to time");
    }
    String key = key(steps, network);
    StepTuning found = accelerator.timed().get(key);
    if (found != null) {
      return new Chosen(found, "timed now");
    }
    Optional<KernelCache> cache = cache();
    if (tune == Tune.ON || !isAsInTraining()) {
      Optional<StepTuning> kept =
          cache
              .flatMap(files -> files.get(key))
              .flatMap(StepTuner::parsed)
              .filter(tuning -> steps.choices().include(steps.standard(), tuning));
      if (kept.isPresent()) {
        return new Chosen(kept.get(), "timed before");
      }
    }
    if (!isAsInTraining()) {
      return new Chosen(steps.standard(), "not timed");
    }
    StepTuning fastest =
        accelerator.alone(
            () -> {
              warmUp(steps);
              return steps.choices().fastest(steps.standard(), one -> micros(steps, one));
            });
    accelerator.timed().put(key, fastest);
    cache.ifPresent(
        files -> files.put(key, new Gson().toJson(fastest).getBytes(StandardCharsets.UTF_8)));
    return new Chosen(fastest, "timed now");
  }

  /** Whether what is timed here would be what training does: no profile, and no blocking launch. */
  private boolean isAsInTraining() {
    return accelerator.options().isCaptured()
        && !accelerator.observer().isSerial()
        && accelerator.options().stepsAhead() > 1;
  }

  private static Optional<KernelCache> cache() {
    try {
      return Optional.of(new KernelCache(NativeFolder.named("kernels"), ".tuning"));
    } catch (IOException e) {
      // Without a cache it is timed each time.
      return Optional.empty();
    }
  }

  /** All that the choice depends on. */
  private String key(StepFactory steps, String network) {
    Device device = accelerator.device();
    String all =
        String.join(
            "\n",
            device.name(),
            Integer.toString(device.capability()),
            accelerator.info().library(),
            KernelSources.sha256(KernelSources.texts(), List.of()),
            steps.description(),
            network,
            Integer.toString(rows));
    return HexFormat.of().formatHex(Digests.sha256().digest(all.getBytes(StandardCharsets.UTF_8)));
  }

  private static Optional<StepTuning> parsed(byte[] json) {
    try {
      return Optional.ofNullable(
          new Gson().fromJson(new String(json, StandardCharsets.UTF_8), StepTuning.class));
    } catch (JsonParseException e) {
      return Optional.empty();
    }
  }

  // ---- timing ----------------------------------------------------------------------------------

  /** Replays of a graph, for as long as there are batches. */
  private int replays(StepTuning tuning) {
    return Math.min(REPLAYS, batches / tuning.stepsALaunch());
  }

  /** Has the GPU work until its clock has risen. */
  private void warmUp(StepFactory steps) {
    long end = System.nanoTime() + WARM_UP.toNanos();
    do {
      micros(steps, steps.standard());
    } while (System.nanoTime() < end);
  }

  /**
   * Microseconds a step, for a choice; no step waits for a beta meanwhile. Infinite for what the
   * GPU refuses, as a small one may a large cluster.
   */
  private double micros(StepFactory steps, StepTuning tuning) {
    try {
      return timed(steps, tuning);
    } catch (DeviceLostException e) {
      throw e;
    } catch (EngineException e) {
      return Double.POSITIVE_INFINITY;
    }
  }

  private double timed(StepFactory steps, StepTuning tuning) {
    int replays = replays(tuning);
    if (replays == 0) {
      return Double.POSITIVE_INFINITY;
    }
    var start = new CUevent();
    var end = new CUevent();
    try (var memory = new DeviceMemory()) {
      Check.driver(JCudaDriver.cuEventCreate(start, 0), "cuEventCreate");
      Check.driver(JCudaDriver.cuEventCreate(end, 0), "cuEventCreate");
      Step step = steps.step(rows, tuning, memory);
      // What is loaded with a first launch may not be loaded in a capture.
      input.state().setUnanswered();
      step.launch();
      stream.synchronize();
      try (var graph = new StepGraph(stream, Step.times(tuning.stepsALaunch(), step))) {
        double least = Double.POSITIVE_INFINITY;
        // An emulator's times mean nothing, however many there are.
        int times = CudaLibraries.emulator().isPresent() ? 1 : TIMES;
        for (int i = 0; i <= times; i++) {
          input.state().setUnanswered();
          record(start);
          for (int replay = 0; replay < replays; replay++) {
            graph.launch();
          }
          record(end);
          stream.synchronize();
          // The first time is a warm-up.
          least = i == 0 ? least : Math.min(least, elapsed(start, end));
        }
        return 1e3 * least / (replays * tuning.stepsALaunch());
      }
    } finally {
      JCudaDriver.cuEventDestroy(start);
      JCudaDriver.cuEventDestroy(end);
    }
  }

  private void record(CUevent event) {
    Check.driver(JCudaDriver.cuEventRecord(event, stream.handle()), "cuEventRecord");
  }

  private static float elapsed(CUevent start, CUevent end) {
    float[] millis = new float[1];
    Check.driver(JCudaDriver.cuEventElapsedTime(millis, start, end), "cuEventElapsedTime");
    return millis[0];
  }
}
