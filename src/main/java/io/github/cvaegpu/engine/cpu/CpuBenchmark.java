// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.BenchmarkListener;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.LossNotFiniteException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast the CPU engine trains here, epoch by epoch, and how near each phase of its step comes to
 * what the cores can do.
 *
 * <p>Beside the speeds stands how long a cache line takes from one thread's core to another's. It
 * tells cores that share a cache from cores that do not, which a virtual machine's processors may
 * be in turn, and explains a step that is slower at one time than at another.
 */
public final class CpuBenchmark {
  /**
   * What was measured.
   *
   * @param engine what computed
   * @param kl KL divergence of the last step, nats per image: a sign that it was training
   * @param warmUp images per second of the epochs before those that count, the first one first
   * @param training images per second, an entry an epoch
   * @param handover nanoseconds for a cache line to get from one thread to another, an entry an
   *     epoch; empty where there are not two threads with a core each
   * @param machine what the cores can do; null for the step in Java
   * @param phases of the step; none of the step in Java
   */
  public record Result(
      EngineInfo engine,
      double kl,
      List<Double> warmUp,
      List<Double> training,
      List<Double> handover,
      CorePeaks machine,
      List<PhaseSpeed> phases) {}

  /**
   * A phase of the step, its mean over the epochs measured.
   *
   * @param name as in native/cpu/training_step.h
   * @param microseconds a step
   * @param gigaflops of its products, per second, all threads together
   * @param gigabytes that it has to read and write, per second
   * @param megabytes of them in a step
   * @param bound which of the cores' peaks it comes near to
   */
  public record PhaseSpeed(
      String name,
      double microseconds,
      double gigaflops,
      double gigabytes,
      double megabytes,
      Bound bound) {

    /** Of a phase that took so many nanoseconds. */
    static PhaseSpeed of(String name, StepPhase.Work work, double nanos, CorePeaks peaks) {
      double gigaflops = work.flops() / nanos;
      double gigabytes = work.bytes() / nanos;
      Bound bound = Bound.of(gigaflops / peaks.gigaflops(), gigabytes / peaks.gigabytes());
      return new PhaseSpeed(name, nanos / 1e3, gigaflops, gigabytes, work.bytes() / 1e6, bound);
    }
  }

  /** What a phase's speed is bound by. */
  public enum Bound {
    ARITHMETIC,
    MEMORY,
    NEITHER;

    /** Below this share of both peaks, a phase waits for something else than the two. */
    private static final double LEAST = 0.4;

    private static Bound of(double arithmetic, double memory) {
      if (Math.max(arithmetic, memory) < LEAST) {
        return NEITHER;
      }
      return arithmetic >= memory ? ARITHMETIC : MEMORY;
    }

    /** As the benchmark's output has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Handovers, of which the second half is timed: ten milliseconds or so. */
  private static final int HANDOVERS = 100_000;

  private final VaeShape shape;
  private final TrainingSettings settings;
  private final ImageSet images;
  private final CpuAccelerator accelerator;
  private final Trainee trainee;
  private final ThreadTeam team;

  private CpuBenchmark(VaeShape shape, TrainingSettings settings, ImageSet images, int threads) {
    this.shape = shape;
    this.settings = settings;
    this.images = images;
    accelerator = new CpuAccelerator(threads);
    trainee = accelerator.trainee(shape, settings, images);
    team = new ThreadTeam(threads);
  }

  /**
   * Measures.
   *
   * @param controller asked for beta before each step, as in training
   * @param rounds epochs measured
   * @param warmUp epochs before
   * @param listener told of progress, outside the times measured
   * @throws LossNotFiniteException if training diverges
   */
  public static Result run(
      VaeShape shape,
      TrainingSettings settings,
      ImageSet images,
      BetaController controller,
      int threads,
      int rounds,
      int warmUp,
      BenchmarkListener listener) {
    var benchmark = new CpuBenchmark(shape, settings, images, threads);
    try {
      return benchmark.measure(controller, rounds, warmUp, listener);
    } finally {
      benchmark.team.close();
      benchmark.accelerator.close();
    }
  }

  private Result measure(
      BetaController controller, int rounds, int warmUp, BenchmarkListener listener) {
    trainee.restore(settings.initialState(shape));
    List<Double> warming = new ArrayList<>();
    List<Double> training = new ArrayList<>();
    List<Double> handover = new ArrayList<>();
    long[] nanos = new long[StepPhase.values().length];
    for (int epoch = 0; epoch < warmUp + rounds; epoch++) {
      listener.begins(epoch + 1, warmUp + rounds);
      phaseTimes();
      double speed = train(epoch, controller);
      if (epoch < warmUp) {
        warming.add(speed);
        continue;
      }
      training.add(speed);
      add(nanos, phaseTimes());
      if (hasCoreForEachOfTwoThreads()) {
        handover.add(handoverNanos());
      }
    }
    CorePeaks peaks =
        trainee instanceof NativeTrainee
            ? CorePeaks.of(CpuLibraries.get().library().orElseThrow(), team, footprint())
            : null;
    return new Result(
        accelerator.info(),
        (float) trainee.state().last().kl(),
        warming,
        training,
        handover,
        peaks,
        peaks == null ? List.of() : speeds(nanos, rounds, peaks));
  }

  /** Images per second of an epoch. */
  private double train(int epoch, BetaController controller) {
    BatchOrder order =
        BatchOrder.shuffled(settings.seed(), epoch, images.size(), settings.batchSize());
    long start = System.nanoTime();
    int steps = trainee.trainEpoch(order, controller, (step, rl, kl, beta) -> true);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (steps < order.batches()) {
      throw new LossNotFiniteException("The benchmark");
    }
    return images.size() / seconds;
  }

  /** Nanoseconds of each phase since they were last asked for. */
  private long[] phaseTimes() {
    return trainee instanceof NativeTrainee measured ? measured.phaseTimes() : new long[0];
  }

  private static void add(long[] sums, long[] more) {
    for (int i = 0; i < more.length; i++) {
      sums[i] += more[i];
    }
  }

  private List<PhaseSpeed> speeds(long[] nanos, int rounds, CorePeaks peaks) {
    double steps = (double) rounds * Math.ceilDiv(images.size(), settings.batchSize());
    List<StepPhase.Work> work = StepPhase.of(shape, settings.batchSize(), litShare());
    List<PhaseSpeed> speeds = new ArrayList<>();
    StepPhase[] phases = StepPhase.values();
    for (int i = 0; i < phases.length; i++) {
      speeds.add(PhaseSpeed.of(phases[i].text(), work.get(i), nanos[i] / steps, peaks));
    }
    return speeds;
  }

  private double litShare() {
    long lit = 0;
    for (byte pixel : images.pixels()) {
      lit += pixel == 0 ? 0 : 1;
    }
    return (double) lit / images.pixels().length;
  }

  /** Bytes of parameters and moments. */
  private long footprint() {
    return 3L * Float.BYTES * new ParameterLayout(shape).size();
  }

  private boolean hasCoreForEachOfTwoThreads() {
    return team.threads() > 1 && team.hasProcessors();
  }

  /** Two threads count in turn; the others have nothing to do. */
  private double handoverNanos() {
    var counter = new AtomicInteger();
    var players = new AtomicInteger();
    var start = new AtomicLong();
    var end = new AtomicLong();
    team.run(
        member -> {
          int player = players.getAndIncrement();
          for (int i = player; player < 2 && i < HANDOVERS; i += 2) {
            while (counter.get() != i) {
              Thread.onSpinWait();
            }
            if (i == HANDOVERS / 2) {
              start.set(System.nanoTime());
            }
            counter.set(i + 1);
            if (i == HANDOVERS - 1) {
              end.set(System.nanoTime());
            }
          }
        });
    return (double) (end.get() - start.get()) / (HANDOVERS / 2);
  }
}
