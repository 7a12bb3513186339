// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.LossNotFiniteException;
import io.github.cvaegpu.engine.Median;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.foreign.CudaLibraries;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import jcuda.driver.JCudaDriver;

/**
 * Where a training step's time goes: each launch timed on the GPU, beside what the roofline allows;
 * or the same steps for a profiler to look at.
 */
public final class CudaProfile {
  /** Steps under way while launches are timed: the next one waits on the GPU for its beta. */
  private static final int STEPS_AHEAD = 2;

  private final VaeShape shape;
  private final TrainingSettings settings;
  private final ImageSet images;
  private final Precision precision;
  private final CudaAccelerator.Options options;
  private final Supplier<BetaController> controllers;
  private final int warmUp;
  private final int steps;

  /** How a profiler is shown the steps. */
  public enum Window {
    /** Launch by launch, each step ended before the next begins. */
    LAUNCHES,
    /** As in training: replayed from the graph. */
    GRAPH
  }

  /**
   * Launches of a step that are the same kernel or product, with one shape and in one phase.
   *
   * @param phase name of the diagram of FusedStep or CublasStep
   * @param kernel the kernel, or cuBLAS's function
   * @param shape grid and block, or sizes of the product
   * @param count launches a step
   * @param micros what a launch takes, median; NaN for the one that waits for the host
   * @param bytes the least that a launch has to move
   * @param flop floating-point operations of a launch
   * @param roofline the least time that the peaks allow, as a share of the time; NaN if unknown
   * @param isBoundByMemory whether memory sets that least time
   */
  public record Row(
      String phase,
      String kernel,
      String shape,
      int count,
      double micros,
      long bytes,
      long flop,
      double roofline,
      boolean isBoundByMemory) {}

  /**
   * What was measured.
   *
   * @param engine what computed
   * @param isEmulated whether that is no GPU
   * @param steps steps measured
   * @param rows in the order of the step
   * @param serialMicros a step of these launches one after another, median; without the first one,
   *     which waits for the host
   * @param eventMicros what the event after a launch takes, median; it is in every time above
   * @param graphMicros a step of training, replayed from the graph; mean
   * @param graphNodes nodes of the graph
   * @param graphBranches branches of it that run side by side; 1 if each node is after the one
   *     before
   * @param peaks what the roofline is made of
   */
  public record Result(
      EngineInfo engine,
      boolean isEmulated,
      int steps,
      List<Row> rows,
      double serialMicros,
      double eventMicros,
      double graphMicros,
      int graphNodes,
      int graphBranches,
      Roofline peaks) {
    /**
     * Whether the first launch, which waits for the host, is there only to time the others: a fused
     * step begins with no launch of its own.
     */
    public boolean isFirstExtra() {
      return engine.library().startsWith(FusedStepFactory.DESCRIPTION);
    }
  }

  /**
   * @param shape the network
   * @param settings how to train
   * @param images what to train on; only whole batches are
   * @param precision how to multiply
   * @param kind which kernels a step is made of
   * @param tune whether the cut of a step's launches is timed
   * @param controllers gives a new one, for each training
   * @param warmUp steps to be done before, from 1
   * @param steps steps to be measured, from 1
   */
  public CudaProfile(
      VaeShape shape,
      TrainingSettings settings,
      ImageSet images,
      Precision precision,
      StepKind kind,
      Tune tune,
      Supplier<BetaController> controllers,
      int warmUp,
      int steps) {
    if (warmUp < 1 || steps < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d steps after %d", steps, warmUp));
    }
    this.shape = shape;
    this.settings = settings;
    this.images = images;
    this.precision = precision;
    options = CudaAccelerator.Options.standard().with(kind, tune);
    this.controllers = controllers;
    this.warmUp = warmUp;
    this.steps = steps;
  }

  // ---- the table -------------------------------------------------------------------------------

  /** Measures each launch, and the step as it is in training. */
  public Result measure() {
    EngineInfo info;
    double graphMicros;
    int nodes;
    int branches;
    // First, as it may choose how launches are cut, and keep that for the others.
    try (CudaAccelerator accelerator = new CudaAccelerator(precision, options)) {
      CudaTrainee trainee = trainee(accelerator);
      info = trainee.info();
      graphMicros = graphMicros(trainee);
      nodes = trainee.nodes();
      branches = trainee.graphBranches();
    }
    Measured launches = launches();
    return new Result(
        info,
        CudaLibraries.emulator().isPresent(),
        steps,
        launches.rows,
        launches.serialMicros,
        launches.eventMicros,
        graphMicros,
        nodes,
        branches,
        launches.peaks);
  }

  private Measured launches() {
    var timer = new LaunchTimer();
    try (CudaAccelerator accelerator =
        new CudaAccelerator(
            precision, uncaptured(Math.min(STEPS_AHEAD, options.stepsAhead())), timer)) {
      CudaTrainee trainee = trainee(accelerator);
      try {
        timer.start(warmUp, steps);
        new Training(trainee).run(warmUp + steps, (step, rl, kl, beta) -> true);
        accelerator.device().synchronize();
        return new Measured(timer.steps(), Roofline.of(accelerator.device()), precision);
      } finally {
        timer.destroyEvents();
      }
    }
  }

  private double graphMicros(CudaTrainee trainee) {
    long[] reported = new long[warmUp + steps];
    new Training(trainee)
        .run(
            warmUp + steps,
            (step, rl, kl, beta) -> {
              reported[(int) step] = System.nanoTime();
              return true;
            });
    return (reported[warmUp + steps - 1] - reported[warmUp - 1]) / 1e3 / steps;
  }

  /** What the timed steps say. */
  private static final class Measured {
    private final List<Row> rows = new ArrayList<>();
    private final double serialMicros;
    private final double eventMicros;
    private final Roofline peaks;
    private final Precision precision;

    Measured(List<LaunchTimer.Step> timed, Roofline peaks, Precision precision) {
      this.peaks = peaks;
      this.precision = precision;
      serialMicros = Median.of(timed.stream().mapToDouble(LaunchTimer.Step::micros).toArray());
      eventMicros = Median.of(timed.stream().mapToDouble(LaunchTimer.Step::eventMicros).toArray());
      Map<Kind, List<LaunchTimer.Timed>> kinds = new LinkedHashMap<>();
      for (LaunchTimer.Step step : timed) {
        for (LaunchTimer.Timed launch : step.launches()) {
          kinds
              .computeIfAbsent(new Kind(launch.phase(), launch.launch()), kind -> new ArrayList<>())
              .add(launch);
        }
      }
      Launch first = timed.getFirst().launches().getFirst().launch();
      kinds.forEach(
          (kind, launches) ->
              rows.add(row(kind, launches, timed.size(), kind.launch.equals(first))));
    }

    private Row row(Kind kind, List<LaunchTimer.Timed> launches, int steps, boolean waits) {
      double micros =
          waits
              ? Double.NaN
              : Median.of(launches.stream().mapToDouble(LaunchTimer.Timed::micros).toArray());
      Work work = kind.launch.work();
      boolean onTensorCores = precision == Precision.TF32 && kind.launch.name().equals(Blas.SGEMM);
      return new Row(
          kind.phase,
          kind.launch.name(),
          kind.launch.shape(),
          launches.size() / steps,
          micros,
          work.bytes(),
          work.flop(),
          peaks.share(work, micros, onTensorCores),
          peaks.isBoundByMemory(work));
    }

    /** What makes launches one row. */
    private record Kind(String phase, Launch launch) {}
  }

  // ---- for profilers ---------------------------------------------------------------------------

  /**
   * Does the warm-up, and then the steps between cuProfilerStart and cuProfilerStop, without timing
   * anything.
   *
   * @param window how; {@link Window#LAUNCHES} also goes with tools that let no launch return
   *     before it is done: a step has its beta before it is launched
   */
  public EngineInfo show(Window window) {
    CudaAccelerator.Options shown = window == Window.GRAPH ? options : uncaptured(1);
    try (CudaAccelerator accelerator = new CudaAccelerator(precision, shown)) {
      CudaTrainee trainee = trainee(accelerator);
      var training = new Training(trainee);
      training.run(warmUp, (step, rl, kl, beta) -> true);
      accelerator.device().synchronize();
      Check.driver(JCudaDriver.cuProfilerStart(), "cuProfilerStart");
      training.run(steps, (step, rl, kl, beta) -> true);
      accelerator.device().synchronize();
      Check.driver(JCudaDriver.cuProfilerStop(), "cuProfilerStop");
      return trainee.info();
    }
  }

  // ---- what they share -------------------------------------------------------------------------

  /** Launched one kernel at a time. */
  private CudaAccelerator.Options uncaptured(int stepsAhead) {
    return options.ahead(stepsAhead, 1).uncaptured();
  }

  /** To be trained, with initial weights. */
  private CudaTrainee trainee(CudaAccelerator accelerator) {
    CudaTrainee trainee = accelerator.trainee(shape, settings, images);
    trainee.restore(settings.initialState(shape));
    return trainee;
  }

  /** Training in whole batches alone: the last one's launches would be others. */
  private final class Training {
    private final CudaTrainee trainee;
    private final BetaController controller = controllers.get();
    private int epoch;

    Training(CudaTrainee trainee) {
      this.trainee = trainee;
    }

    void run(int count, StepSink sink) {
      int batchSize = settings.batchSize();
      for (int left = count; left > 0; ) {
        int batches = Math.min(left, images.size() / batchSize);
        BatchOrder order =
            BatchOrder.shuffled(settings.seed(), epoch++, batches * batchSize, batchSize);
        if (trainee.trainEpoch(order, controller, sink) < batches) {
          throw new LossNotFiniteException("The profile");
        }
        left -= batches;
      }
    }
  }
}
