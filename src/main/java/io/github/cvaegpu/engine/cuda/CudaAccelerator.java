// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.OpenModels;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The engine for NVIDIA GPUs: the device, our kernels on it, and the models that use them.
 *
 * <p>Each model has streams, a cuBLAS and memory of its own, all allocated when it is made. Models
 * are made and closed one at a time; meanwhile others may be at work on other threads, as nothing
 * that a model does later waits for the whole device. They share the context, the kernels, the
 * images ({@link SharedPixels}), what was timed ({@link StepTuner}), and the thread that answers
 * ({@link EpochPoller}).
 */
public final class CudaAccelerator implements Accelerator {
  /** Largest batch: rows are a grid's second dimension. */
  public static final int MAX_BATCH = 65_535;

  private final Precision precision;
  private final Options options;
  private final LaunchObserver observer;
  private final Resources resources = new Resources();
  private final Device device;
  private final Kernels kernels;
  private final OpenModels models;
  private final SharedPixels pixels = new SharedPixels();
  private final List<EpochPoller> pollers;
  private final Map<String, StepTuning> timed = new HashMap<>();
  private final EngineInfo info;
  private int nextPoller;
  private volatile boolean isTiming;
  private boolean isClosed;

  /**
   * What tests choose.
   *
   * @param stepsAhead steps that may be under way at once, from 1
   * @param stepsALaunch steps that one launch of a graph does, up to those that may be under way
   * @param isCaptured whether steps are replayed from a graph, not launched one kernel at a time
   * @param large multiplications from which a product goes to cuBLAS
   * @param patience how long the GPU waits for a beta
   * @param kind which kernels a step is made of
   * @param tune whether the cut of a step's launches is timed
   * @param keepsGradients whether the gradients of a step can be seen after it
   * @param pollers threads that answer the steps of all models, at most
   */
  record Options(
      int stepsAhead,
      int stepsALaunch,
      boolean isCaptured,
      long large,
      Duration patience,
      StepKind kind,
      Tune tune,
      boolean keepsGradients,
      int pollers) {
    /** The same with one thread that answers. */
    Options(
        int stepsAhead,
        int stepsALaunch,
        boolean isCaptured,
        long large,
        Duration patience,
        StepKind kind,
        Tune tune,
        boolean keepsGradients) {
      this(stepsAhead, stepsALaunch, isCaptured, large, patience, kind, tune, keepsGradients, 1);
    }

    /**
     * Sixteen steps are half a millisecond of the study's network: longer than a garbage collection
     * of a heap that is hardly allocated from, and what a stop asked for has to wait. Half of them
     * a launch: a graph waits on the GPU behind the one that runs, and an eighth of the calls and
     * of the gaps between graphs is left.
     */
    static Options standard() {
      return standard(System.getenv());
    }

    /**
     * The same for an environment: where a launch returns only when it is done, a step may not be
     * launched before its beta is there, so there is one step at a time.
     */
    static Options standard(Map<String, String> environment) {
      var options =
          new Options(
              16, 8, true, Products.LARGE, Mailbox.PATIENCE, StepKind.AUTO, Tune.OFF, false);
      return blocksLaunches(environment) ? options.ahead(1, 1) : options;
    }

    /** The same with another kind of step, and timed or not. */
    Options with(StepKind otherKind, Tune otherTune) {
      return new Options(
          stepsAhead,
          stepsALaunch,
          isCaptured,
          large,
          patience,
          otherKind,
          otherTune,
          keepsGradients,
          pollers);
    }

    /** The same with other threads that answer, at most. */
    Options polledBy(int threads) {
      return new Options(
          stepsAhead,
          stepsALaunch,
          isCaptured,
          large,
          patience,
          kind,
          tune,
          keepsGradients,
          threads);
    }

    /** The same with so many steps under way, a launch taking so many of them. */
    Options ahead(int steps, int aLaunch) {
      return new Options(
          steps, aLaunch, isCaptured, large, patience, kind, tune, keepsGradients, pollers);
    }

    /** The same, launched one kernel at a time. */
    Options uncaptured() {
      return new Options(
          stepsAhead, 1, false, large, patience, kind, tune, keepsGradients, pollers);
    }

    Options {
      if (stepsAhead < 1 || stepsAhead >= Mailbox.RING) {
        throw new IllegalArgumentException(stepsAhead + " steps ahead");
      }
      if (stepsALaunch < 1 || stepsALaunch > stepsAhead) {
        throw new IllegalArgumentException(stepsALaunch + " steps a launch");
      }
      if (pollers < 1) {
        throw new IllegalArgumentException(pollers + " threads that answer");
      }
    }
  }

  /**
   * Whether the environment has the driver return from a launch only when it is done. It cannot be
   * asked for that; profilers and debuggers that do the same without it need the variable set too.
   *
   * @param environment variables of the process
   */
  public static boolean blocksLaunches(Map<String, String> environment) {
    String value = environment.getOrDefault("CUDA_LAUNCH_BLOCKING", "").strip();
    return !value.isEmpty() && !value.equals("0");
  }

  /**
   * Opens the GPU and loads the kernels.
   *
   * @param precision how to multiply
   * @param kind which kernels a step is made of
   * @param tune whether the cut of a step's launches is timed
   * @throws EngineException if there is no GPU that can
   */
  public CudaAccelerator(Precision precision, StepKind kind, Tune tune) {
    this(precision, Options.standard().with(kind, tune));
  }

  /**
   * The same, for a benchmark of many models.
   *
   * @param pollers threads that answer the steps of all models, at most; each model is given to one
   */
  public CudaAccelerator(Precision precision, StepKind kind, Tune tune, int pollers) {
    this(precision, Options.standard().with(kind, tune).polledBy(pollers));
  }

  CudaAccelerator(Precision precision, Options options) {
    this(precision, options, LaunchObserver.NONE);
  }

  CudaAccelerator(Precision precision, Options options, LaunchObserver observer) {
    this.precision = precision;
    this.options = options;
    this.observer = observer;
    pollers = Stream.generate(EpochPoller::new).limit(options.pollers()).toList();
    try {
      device = resources.add(CudaRuntime.open());
      KernelModule module = resources.add(KernelImage.load(device));
      kernels = new Kernels(device, module);
      info =
          new EngineInfo(
              "cuda",
              device.name(),
              "driver for CUDA %s, cuBLAS %s, %s"
                  .formatted(Device.driverVersion(), Blas.version(), module.origin()),
              1,
              precision.toString());
      models = resources.add(new OpenModels());
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public synchronized VaeModel model(VaeShape shape, Objective objective, float[] parameters) {
    models.requireOpen();
    device.makeCurrent();
    var model = new CudaModel(this, shape, objective);
    try {
      model.overwriteParameters(parameters);
    } catch (RuntimeException | Error e) {
      model.giveBackAfter(e);
      throw e;
    }
    models.add(model);
    return model;
  }

  @Override
  public synchronized CudaTrainee trainee(
      VaeShape shape, TrainingSettings settings, ImageSet images) {
    models.requireOpen();
    device.makeCurrent();
    var trainee = new CudaTrainee(this, shape, settings, images);
    models.add(trainee);
    return trainee;
  }

  /** Gives back what a model has. */
  synchronized void release(CudaModel model) {
    models.remove(model);
    device.makeCurrent();
    model.giveBack();
  }

  // ---- for models ------------------------------------------------------------------------------

  Device device() {
    return device;
  }

  Kernels kernels() {
    return kernels;
  }

  Precision precision() {
    return precision;
  }

  Options options() {
    return options;
  }

  LaunchObserver observer() {
    return observer;
  }

  SharedPixels pixels() {
    return pixels;
  }

  /** Who is to poll the next model's epochs. */
  EpochPoller nextPoller() {
    return pollers.get(nextPoller++ % pollers.size());
  }

  /** What was timed on this accelerator, by all that it depends on. Only while a model is made. */
  Map<String, StepTuning> timed() {
    return timed;
  }

  /**
   * Times something with the GPU to itself: the other models launch no step until it is over, and
   * what they have launched ends before. Only while a model is made.
   */
  <T> T alone(Supplier<T> timing) {
    isTiming = true;
    try {
      device.synchronize();
      return timing.get();
    } finally {
      isTiming = false;
    }
  }

  /** Whether something is timed, so that no step may be launched. */
  boolean isTiming() {
    return isTiming;
  }

  @Override
  public synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      device.makeCurrent();
      resources.close();
    }
  }
}
