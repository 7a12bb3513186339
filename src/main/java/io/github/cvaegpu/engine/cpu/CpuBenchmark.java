// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.BenchmarkListener;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.LossNotFiniteException;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Phase;
import io.github.cvaegpu.foreign.OpenBlas;
import io.github.cvaegpu.foreign.Sgemm;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast the CPU engine trains here, beside how fast its matrix products alone would be.
 *
 * <p>The products' speed is the ceiling of a step made of OpenBLAS calls. It is measured by writing
 * down the calls of one real step, with their operands, and repeating them on the same threads,
 * with the same barriers between phases and nothing else. The engine runs the first layer's two
 * products over lit pixels only, without OpenBLAS, so there are two ceilings: of the calls that it
 * makes, and of those that it would make if the first layer were dense as well.
 *
 * <p>Beside the speeds stands how long a cache line takes from one thread's core to another's. It
 * tells cores that share a cache from cores that do not, which a virtual machine's processors may
 * be in turn, and explains a step that is slower at one time than at another.
 */
public final class CpuBenchmark {
  /**
   * What was measured, an entry a round; speeds in images per second.
   *
   * @param engine what computed
   * @param kl KL divergence of the last step, nats per image: a sign that it was training
   * @param training epochs of training
   * @param blasCalls the step's OpenBLAS calls alone
   * @param ownProducts the same and its two sparse products
   * @param allProducts the OpenBLAS calls and the first layer's products as OpenBLAS calls too
   * @param handover nanoseconds for a cache line to get from one thread to another; empty where
   *     there are not two threads with a core each
   */
  public record Result(
      EngineInfo engine,
      double kl,
      List<Double> training,
      List<Double> blasCalls,
      List<Double> ownProducts,
      List<Double> allProducts,
      List<Double> handover) {}

  /** Computes products and, while it has a list, writes them down. */
  private static final class Recorder implements Gemm {
    private final Gemm gemm;
    private List<Sgemm> calls;

    private Recorder(Gemm gemm) {
      this.gemm = gemm;
    }

    @Override
    public void multiply(Sgemm product) {
      if (calls != null) {
        calls.add(product);
      }
      gemm.multiply(product);
    }
  }

  /** The calls of one phase, by lane. */
  private static final class PhaseCalls {
    private final List<List<Sgemm>> lanes = new ArrayList<>();

    private boolean isEmpty() {
      return lanes.stream().allMatch(List::isEmpty);
    }

    private Phase replay(Gemm gemm) {
      return lane -> {
        for (Sgemm call : lanes.get(lane)) {
          gemm.multiply(call);
        }
      };
    }
  }

  /** Handovers, of which the second half is timed: ten milliseconds or so. */
  private static final int HANDOVERS = 100_000;

  private final VaeShape shape;
  private final TrainingSettings settings;
  private final ImageSet images;
  private final CpuAccelerator accelerator;
  private final CpuTrainee trainee;
  private final Gemm gemm;
  private final Recorder recorder;

  private CpuBenchmark(VaeShape shape, TrainingSettings settings, ImageSet images, int threads) {
    this.shape = shape;
    this.settings = settings;
    this.images = images;
    gemm = OpenBlas.get()::sgemm;
    recorder = new Recorder(gemm);
    accelerator = new CpuAccelerator(threads, recorder);
    trainee = accelerator.trainee(shape, settings, images);
  }

  /**
   * Measures.
   *
   * @param controller asked for beta before each step, as in training
   * @param rounds epochs of training, and of each kind of products, in turn
   * @param warmUp epochs of training before, which are not reported
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
      benchmark.accelerator.close();
    }
  }

  private Result measure(
      BetaController controller, int rounds, int warmUp, BenchmarkListener listener) {
    trainee.restore(
        TrainingState.initial(InitialWeights.draw(new ParameterLayout(shape), settings.seed())));
    List<PhaseCalls> calls = record();
    List<PhaseCalls> all = withDenseFirstLayer(calls);
    List<Double> training = new ArrayList<>();
    List<Double> blasCalls = new ArrayList<>();
    List<Double> ownProducts = new ArrayList<>();
    List<Double> allProducts = new ArrayList<>();
    List<Double> handover = new ArrayList<>();
    for (int round = -warmUp; round < rounds; round++) {
      listener.begins(round + warmUp + 1, rounds + warmUp);
      BatchOrder order =
          BatchOrder.shuffled(settings.seed(), round + warmUp, images.size(), settings.batchSize());
      long start = System.nanoTime();
      int steps = trainee.trainEpoch(order, controller, (step, rl, kl, beta) -> true);
      double trained = imagesPerSecond(images.size(), start);
      if (steps < order.batches()) {
        throw new LossNotFiniteException("The benchmark");
      }
      // The last round before measuring warms the products up, too.
      if (round >= -1) {
        boolean cores = hasCoreForEachOfTwoThreads();
        double nanos = cores ? handoverNanos() : 0;
        double made = replay(phases(calls));
        double own = replay(withSparseProducts(calls));
        double dense = replay(phases(all));
        if (round >= 0) {
          training.add(trained);
          blasCalls.add(made);
          ownProducts.add(own);
          allProducts.add(dense);
          if (cores) {
            handover.add(nanos);
          }
        }
      }
    }
    return new Result(
        accelerator.info(),
        (float) trainee.state().last().kl(),
        training,
        blasCalls,
        ownProducts,
        allProducts,
        handover);
  }

  private boolean hasCoreForEachOfTwoThreads() {
    int threads = trainee.team().threads();
    return threads > 1 && threads <= Runtime.getRuntime().availableProcessors();
  }

  /** Two threads count in turn; the others have nothing to do. */
  private double handoverNanos() {
    var counter = new AtomicInteger();
    var players = new AtomicInteger();
    var start = new AtomicLong();
    var end = new AtomicLong();
    trainee
        .team()
        .run(
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

  /** The calls of a step of a whole batch, phase by phase. */
  private List<PhaseCalls> record() {
    List<PhaseCalls> phases = new ArrayList<>();
    BatchOrder order = BatchOrder.shuffled(settings.seed(), 0, images.size(), settings.batchSize());
    trainee.step().begin(order, 0, 0, 1);
    trainee
        .step()
        .run(
            phase -> {
              var calls = new PhaseCalls();
              for (int lane = 0; lane < LANES; lane++) {
                recorder.calls = new ArrayList<>();
                phase.run(lane);
                calls.lanes.add(recorder.calls);
              }
              phases.add(calls);
            });
    recorder.calls = null;
    return phases;
  }

  /** The same, with the first layer's products where the sparse ones are: second and last phase. */
  private List<PhaseCalls> withDenseFirstLayer(List<PhaseCalls> calls) {
    int in = shape.inputs();
    int out = shape.hidden().getFirst();
    int rows = settings.batchSize();
    Matrix x = Matrix.allocate(rows, in);
    Matrix w = Matrix.allocate(in, out);
    Matrix y = Matrix.allocate(rows, out);
    List<PhaseCalls> all = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      var phase = new PhaseCalls();
      for (int lane = 0; lane < LANES; lane++) {
        List<Sgemm> made = new ArrayList<>(calls.get(i).lanes.get(lane));
        if (i == 1) {
          Block b = Block.grid(lane, rows, out);
          if (!b.isEmpty()) {
            made.add(
                new Sgemm(
                    false,
                    false,
                    b.rowCount(),
                    b.columnCount(),
                    in,
                    x.from(b.row(), 0),
                    in,
                    w.from(0, b.column()),
                    out,
                    y.from(b.row(), b.column()),
                    out));
          }
        }
        if (i == calls.size() - 1) {
          int first = in * lane / LANES;
          int count = in * (lane + 1) / LANES - first;
          if (count > 0) {
            made.add(
                new Sgemm(
                    true,
                    false,
                    count,
                    out,
                    rows,
                    x.from(0, first),
                    in,
                    y.data(),
                    out,
                    w.from(first, 0),
                    out));
          }
        }
        phase.lanes.add(made);
      }
      all.add(phase);
    }
    return all;
  }

  private List<Phase> phases(List<PhaseCalls> calls) {
    return calls.stream()
        .filter(phase -> !phase.isEmpty())
        .map(phase -> phase.replay(gemm))
        .toList();
  }

  /** The calls and the engine's own sparse products, where it has them: second and last phase. */
  private List<Phase> withSparseProducts(List<PhaseCalls> calls) {
    List<Phase> phases = new ArrayList<>(phases(calls));
    Phase update = phases.removeLast();
    phases.addFirst(trainee.step()::firstLayer);
    phases.add(
        lane -> {
          trainee.step().firstLayerGradient(lane);
          update.run(lane);
        });
    return phases;
  }

  /** Repeats a step's products as often as an epoch has whole batches. */
  private double replay(List<Phase> phases) {
    int steps = Math.max(1, images.size() / settings.batchSize());
    long start = System.nanoTime();
    trainee
        .team()
        .run(
            member -> {
              for (int step = 0; step < steps; step++) {
                for (Phase phase : phases) {
                  member.run(phase);
                }
              }
            });
    return imagesPerSecond((long) steps * settings.batchSize(), start);
  }

  private static double imagesPerSecond(long images, long start) {
    return images * 1e9 / (System.nanoTime() - start);
  }
}
