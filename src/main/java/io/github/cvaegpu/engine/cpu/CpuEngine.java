// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Engine;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.foreign.OpenBlas;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/**
 * The engine for processors: OpenBLAS for the dense matrix products, the Vector API for everything
 * else, in float32.
 *
 * <p>Bit-identical for one to eight threads: see {@link ThreadTeam}. The flat arrays are those of
 * {@link ParameterLayout}, but for the first layer's weight, which is held here in the order of
 * {@link SparseKernels} and turned when state is read or restored.
 */
public final class CpuEngine implements Engine {
  /** Most threads that share a step. */
  public static final int MAX_THREADS = ThreadTeam.LANES;

  private final ParameterLayout layout;
  private final ThreadTeam team;
  private final MemorySegment parameters;
  private final MemorySegment gradients;
  private final MemorySegment firstMoment;
  private final MemorySegment secondMoment;
  private final TrainingStep training;
  private final InferencePass inference;
  private StepFeedback last = StepFeedback.NONE;
  private boolean stopped;

  /**
   * @param shape the network; its inputs are the images' pixels
   * @param settings how to train
   * @param images what to train on
   * @param threads from 1 to {@value #MAX_THREADS}
   */
  public CpuEngine(VaeShape shape, TrainingSettings settings, ImageSet images, int threads) {
    this(shape, settings, images, threads, OpenBlas.get()::sgemm);
  }

  CpuEngine(VaeShape shape, TrainingSettings settings, ImageSet images, int threads, Gemm gemm) {
    if (images.imageSize() != shape.inputs()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "images of %d pixels for a network of %d inputs",
              images.imageSize(),
              shape.inputs()));
    }
    layout = new ParameterLayout(shape);
    team = new ThreadTeam(threads);
    parameters = Matrix.floats(layout.size());
    gradients = Matrix.floats(layout.size());
    firstMoment = Matrix.floats(layout.size());
    secondMoment = Matrix.floats(layout.size());
    List<Layer> encoder = layers(layout.encoder());
    List<Layer> decoder = layers(layout.decoder());
    training =
        new TrainingStep(
            shape,
            images,
            settings.batchSize(),
            settings.seed(),
            settings.learningRate(),
            gemm,
            encoder,
            decoder,
            new AdamKernel(parameters, gradients, firstMoment, secondMoment));
    inference =
        new InferencePass(new ForwardPass(shape, encoder, decoder, gemm, InferencePass.CAPACITY));
  }

  private List<Layer> layers(List<Linear> places) {
    return places.stream().map(place -> Layer.of(place, parameters, gradients)).toList();
  }

  @Override
  public EngineInfo info() {
    OpenBlas blas = OpenBlas.get();
    return new EngineInfo(
        "cpu",
        CpuInfo.modelName(),
        "%s (%s kernels)".formatted(blas.version(), blas.coreName()),
        team.threads(),
        "float32");
  }

  @Override
  public int trainEpoch(BatchOrder order, BetaController controller, StepSink sink) {
    if (!last.isFinite()) {
      return 0;
    }
    long before = last.step();
    stopped = false;
    team.run(
        member -> {
          for (int batch = order.firstBatch(); batch < order.batches(); batch++) {
            if (member.isLead()) {
              training.begin(order, batch, last.step(), (float) controller.next(last));
            }
            member.barrier();
            training.run(member);
            report(member, sink);
            if (stopped) {
              return;
            }
          }
        });
    return (int) (last.step() - before);
  }

  private void report(Member member, StepSink sink) {
    if (member.isLead()) {
      long step = last.step();
      float rl = training.reconstructionLoss();
      float kl = training.klDivergence();
      last = new StepFeedback(step + 1, rl, kl);
      stopped = !sink.accept(step, rl, kl, training.beta());
      stopped |= !last.isFinite();
    }
    member.barrier();
  }

  @Override
  public TrainingState state() {
    return new TrainingState(copy(parameters), copy(firstMoment), copy(secondMoment), last);
  }

  /** The training step, for the benchmark. */
  TrainingStep step() {
    return training;
  }

  /** The threads, for the benchmark. */
  ThreadTeam team() {
    return team;
  }

  /** The gradients of the last step, in the layout's order. */
  float[] gradients() {
    return copy(gradients);
  }

  @Override
  public void restore(TrainingState state) {
    overwrite(parameters, state.parameters());
    overwrite(firstMoment, state.firstMoment());
    overwrite(secondMoment, state.secondMoment());
    last = state.last();
  }

  private float[] copy(MemorySegment from) {
    float[] floats = from.toArray(ValueLayout.JAVA_FLOAT);
    forEachFirstWeight((here, outside) -> floats[outside] = at(from, here));
    return floats;
  }

  private void overwrite(MemorySegment to, float[] floats) {
    if (floats.length != layout.size()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d floats for a layout of %d", floats.length, layout.size()));
    }
    MemorySegment.copy(floats, 0, to, ValueLayout.JAVA_FLOAT, 0, floats.length);
    forEachFirstWeight(
        (here, outside) -> to.setAtIndex(ValueLayout.JAVA_FLOAT, here, floats[outside]));
  }

  private static float at(MemorySegment floats, int index) {
    return floats.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /** Where a weight is in this engine's flat arrays, and where in those of the layout. */
  @FunctionalInterface
  private interface Places {
    void accept(int here, int outside);
  }

  private void forEachFirstWeight(Places places) {
    Linear first = layout.encoder().getFirst();
    int here = first.weight();
    for (int group = 0; group < Block.COLUMN_GROUPS; group++) {
      int begin = Block.boundary(group, Block.COLUMN_GROUPS, first.out());
      int end = Block.boundary(group + 1, Block.COLUMN_GROUPS, first.out());
      for (int in = 0; in < first.in(); in++) {
        for (int out = begin; out < end; out++) {
          places.accept(here++, first.weight() + out * first.in() + in);
        }
      }
    }
  }

  @Override
  public void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    inference.encode(team, images, first, count, mean, logVariance);
  }

  @Override
  public void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
    inference.reconstructionLoss(team, images, first, count, samples, z, loss);
  }

  @Override
  public void close() {
    team.close();
  }
}
