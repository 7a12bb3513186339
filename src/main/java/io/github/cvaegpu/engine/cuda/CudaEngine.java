// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Engine;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import jcuda.Pointer;

/**
 * The engine for NVIDIA GPUs.
 *
 * <p>All memory is allocated and the step captured here, once. Then an epoch is one graph launch a
 * step, a few steps ahead of the GPU, and an answer to each step's KL divergence; the host waits
 * for words in memory, never for the driver. Bit-identical from run to run on one GPU.
 */
public final class CudaEngine implements Engine {
  /** Largest batch: rows are a grid's second dimension. */
  public static final int MAX_BATCH = 65_535;

  /** Looks at the mailbox before the processor is given to others: about half a millisecond. */
  private static final int SPINS = 10_000;

  private static final int SPINS_A_QUERY = 1 << 12;
  private static final long NAP_NANOS = 20_000;

  private final Nvtx nvtx = Nvtx.get();
  private final TrainingSettings settings;
  private final ParameterLayout layout;
  private final Precision precision;
  private final Options options;
  private final Resources resources = new Resources();
  private final Device device;
  private final KernelModule module;
  private final Branches branches;
  private final Mailbox mailbox;
  private final CudaNetwork network;
  private final StepBuffers buffers;
  private final Runnable wholeBatch;
  private final Runnable lastBatch;
  private final Inference inference;
  private final StepGraph graph;
  private StepFeedback last = StepFeedback.NONE;
  private EngineException failure;

  /**
   * What tests choose.
   *
   * @param stepsAhead steps that may be under way at once, from 1
   * @param isCaptured whether steps are replayed from a graph, not launched one kernel at a time
   * @param large multiplications from which a product goes to cuBLAS
   * @param patience how long the GPU waits for a beta
   */
  record Options(int stepsAhead, boolean isCaptured, long large, Duration patience) {
    /**
     * Eight steps are half a millisecond of the study's network: longer than a garbage collection
     * of a heap that is hardly allocated from, and what a stop asked for has to wait.
     */
    static Options standard() {
      return new Options(8, true, Products.LARGE, Mailbox.PATIENCE);
    }

    Options {
      if (stepsAhead < 1 || stepsAhead >= Mailbox.RING) {
        throw new IllegalArgumentException(stepsAhead + " steps ahead");
      }
    }
  }

  /**
   * @param shape the network; its inputs are the images' pixels
   * @param settings how to train
   * @param images what to train on
   * @param precision how to multiply
   * @throws EngineException if there is no GPU that can, or too little memory
   */
  public CudaEngine(
      VaeShape shape, TrainingSettings settings, ImageSet images, Precision precision) {
    this(shape, settings, images, precision, Options.standard());
  }

  CudaEngine(
      VaeShape shape,
      TrainingSettings settings,
      ImageSet images,
      Precision precision,
      Options options) {
    this(shape, settings, images, precision, options, LaunchObserver.NONE);
  }

  CudaEngine(
      VaeShape shape,
      TrainingSettings settings,
      ImageSet images,
      Precision precision,
      Options options,
      LaunchObserver observer) {
    if (images.imageSize() != shape.inputs()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "images of %d pixels for a network of %d inputs",
              images.imageSize(),
              shape.inputs()));
    }
    if (settings.batchSize() > MAX_BATCH) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The CUDA engine takes batches of up to %d images, not %d.",
              MAX_BATCH,
              settings.batchSize()));
    }
    this.settings = settings;
    this.options = options;
    this.precision = precision;
    layout = new ParameterLayout(shape);
    try {
      device = resources.add(CudaRuntime.open());
      DeviceMemory memory = resources.add(new DeviceMemory());
      module = resources.add(KernelImage.load(device));
      var kernels = new Kernels(module);
      branches = resources.add(new Branches(kernels, memory, precision, options.large(), observer));
      mailbox = resources.add(new Mailbox(device, options.patience()));
      network = new CudaNetwork(memory, layout);
      buffers = StepBuffers.allocate(memory, mailbox, images, shape, settings.batchSize());
      inference = new Inference(kernels, memory, network, branches);
      DeviceMemory.upload(
          buffers.order(),
          Pointer.to(new int[images.size()]),
          (long) images.size() * Integer.BYTES);
      TrainingStep whole = step(kernels, memory, settings.batchSize(), observer);
      graph = resources.add(capture(whole));
      wholeBatch = launcher(whole, graph);
      int lastRows = images.size() % settings.batchSize();
      if (lastRows == 0) {
        lastBatch = wholeBatch;
      } else {
        TrainingStep last = step(kernels, memory, lastRows, observer);
        lastBatch = launcher(last, resources.add(capture(last)));
      }
      // What the warm-up has left is not to be trained on.
      restore(TrainingState.initial(new float[layout.size()]));
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /**
   * A step that has run once. The driver and cuBLAS load a kernel when it is first launched: a
   * capture must not be where they do, nor a step that waits for the host, which would then wait
   * for it.
   */
  private TrainingStep step(
      Kernels kernels, DeviceMemory memory, int rows, LaunchObserver observer) {
    var trainingStep =
        new TrainingStep(kernels, memory, network, buffers, settings, branches, rows, observer);
    buffers.state().set(0, 0);
    mailbox.putBeta(0, 0);
    device.synchronize();
    trainingStep.launch();
    device.synchronize();
    mailbox.clear();
    return trainingStep;
  }

  private StepGraph capture(TrainingStep trainingStep) {
    nvtx.push("capture", trainingStep.rows());
    try {
      return new StepGraph(branches.main(), trainingStep::launch);
    } finally {
      nvtx.pop();
    }
  }

  private Runnable launcher(TrainingStep trainingStep, StepGraph captured) {
    return options.isCaptured() ? captured::launch : trainingStep::launch;
  }

  @Override
  public EngineInfo info() {
    return new EngineInfo(
        "cuda",
        device.name(),
        "driver for CUDA %s, cuBLAS %s, %s"
            .formatted(Device.driverVersion(), branches.blasVersion(), module.origin()),
        1,
        precision.toString());
  }

  // ---- training --------------------------------------------------------------------------------

  @Override
  public int trainEpoch(BatchOrder order, BetaController controller, StepSink sink) {
    begin();
    if (!last.isFinite()) {
      return 0;
    }
    upload(order);
    var epoch = new Epoch(order, controller, sink);
    nvtx.push("epoch", order.epoch());
    try {
      return epoch.run();
    } catch (EngineException e) {
      failure = e;
      epoch.answerAll();
      throw e;
    } catch (RuntimeException | Error e) {
      epoch.drain(e);
      throw e;
    } finally {
      nvtx.pop();
    }
  }

  /** An epoch, or what is left of it. */
  private final class Epoch {
    private final BatchOrder order;
    private final BetaController controller;
    private final StepSink sink;
    private final float[] betas = new float[Mailbox.RING];

    /** Batches launched, answered with a beta, and reported; as a rule in this order. */
    private int launched;

    private int answered;
    private int reported;
    private boolean goOn = true;

    /** Of the step before batch 0, if that were part of this epoch. */
    private final long firstStep;

    Epoch(BatchOrder order, BetaController controller, StepSink sink) {
      this.order = order;
      this.controller = controller;
      this.sink = sink;
      launched = order.firstBatch();
      answered = launched;
      reported = launched;
      firstStep = last.step() - launched;
    }

    int run() {
      int first = reported;
      int batches = order.batches();
      if (first < batches) {
        answer();
      }
      while (reported < (goOn ? batches : launched)) {
        launchAhead(batches);
        await(firstStep + reported);
        long step = last.step();
        last = afterStep(step);
        boolean isNextUnderWay = launched > reported + 1;
        if (isNextUnderWay) {
          // The GPU may be waiting for it already.
          answer();
        }
        reported++;
        goOn &= sink.accept(step, (float) last.rl(), (float) last.kl(), betaOf(reported - 1));
        goOn &= last.isFinite();
        if (!isNextUnderWay && goOn && reported < batches) {
          answer();
        }
      }
      return reported - first;
    }

    private StepFeedback afterStep(long step) {
      return new StepFeedback(
          step + 1, mailbox.reconstructionLoss(step), mailbox.klDivergence(step));
    }

    private void launchAhead(int batches) {
      while (goOn && launched < batches && launched - reported < options.stepsAhead()) {
        boolean isWhole = order.size(launched) == settings.batchSize();
        nvtx.range("step", firstStep + launched, isWhole ? wholeBatch : lastBatch);
        launched++;
      }
    }

    /** Gives the next batch its beta. */
    private void answer() {
      float beta = 0;
      if (!last.isFinite()) {
        // Diverged: no controller could answer, and what is under way only has to end.
        goOn = false;
      } else {
        beta = (float) controller.next(last);
      }
      put(beta);
    }

    private void put(float beta) {
      betas[answered % betas.length] = beta;
      mailbox.putBeta(firstStep + answered, beta);
      nvtx.mark("beta", firstStep + answered);
      answered++;
    }

    private float betaOf(int batch) {
      return betas[batch % betas.length];
    }

    /** Lets the GPU finish what is under way, after the sink or the controller has failed. */
    void drain(Throwable cause) {
      answerAll();
      try {
        branches.main().synchronize();
      } catch (EngineException e) {
        cause.addSuppressed(e);
        failure = e;
        return;
      }
      if (launched > reported) {
        last = afterStep(firstStep + launched - 1);
      }
    }

    /** Leaves no step that is under way waiting for a beta. */
    void answerAll() {
      while (answered < launched) {
        put(0);
      }
    }
  }

  private void await(long awaited) {
    for (int spins = 0; !mailbox.hasLosses(awaited); spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
        continue;
      }
      LockSupport.parkNanos(NAP_NANOS);
      if (spins % SPINS_A_QUERY == 0) {
        requireAlive(awaited);
      }
    }
    if (mailbox.hasFailed()) {
      throw new EngineException(
          String.format(
              Locale.ROOT,
              ("The GPU got no beta from the program for %d s and gave up at step %d: was the"
                  + " program stopped for longer?"),
              mailbox.patience().toSeconds(),
              awaited + 1));
    }
  }

  private void requireAlive(long awaited) {
    if (branches.main().isDone() && !mailbox.hasLosses(awaited)) {
      throw new EngineException(
          String.format(
              Locale.ROOT,
              "The GPU ended step %d without telling its losses; please report this.",
              awaited + 1));
    }
  }

  private void upload(BatchOrder order) {
    int images = 0;
    for (int batch = 0; batch < order.batches(); batch++) {
      images += order.size(batch);
    }
    int[] indices = new int[images];
    int at = 0;
    for (int batch = 0; batch < order.batches(); batch++) {
      for (int place = 0; place < order.size(batch); place++) {
        indices[at++] = order.image(batch, place);
      }
    }
    DeviceMemory.upload(
        buffers.order(), Pointer.to(indices), (long) indices.length * Integer.BYTES);
    buffers.state().set(last.step(), order.firstBatch());
    mailbox.clear();
    device.synchronize();
  }

  /** The GPU that it computes on. */
  Device device() {
    return device;
  }

  /** Nodes of the graph of a whole batch's step. */
  int nodes() {
    return graph.nodes();
  }

  // ---- state -----------------------------------------------------------------------------------

  @Override
  public TrainingState state() {
    begin();
    return new TrainingState(
        copy(network.parameters()),
        copy(network.firstMoment()),
        copy(network.secondMoment()),
        last);
  }

  /** The gradients of the last step. */
  float[] gradients() {
    begin();
    return copy(network.gradients());
  }

  private float[] copy(DevicePointer from) {
    float[] floats = new float[layout.size()];
    DeviceMemory.download(from, floats);
    return floats;
  }

  @Override
  public void restore(TrainingState state) {
    begin();
    overwrite(network.parameters(), state.parameters());
    overwrite(network.firstMoment(), state.firstMoment());
    overwrite(network.secondMoment(), state.secondMoment());
    device.synchronize();
    last = state.last();
  }

  private void overwrite(DevicePointer to, float[] floats) {
    if (floats.length != layout.size()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d floats for a layout of %d", floats.length, layout.size()));
    }
    DeviceMemory.upload(to, floats);
  }

  // ---- inference -------------------------------------------------------------------------------

  @Override
  public void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    begin();
    inference.encode(images, first, count, mean, logVariance);
  }

  @Override
  public void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] loss) {
    begin();
    inference.reconstructionLoss(images, first, count, samples, z, loss);
  }

  /** Makes the GPU this thread's, idle, and known to be well. */
  private void begin() {
    if (failure != null) {
      throw new EngineException("The engine has failed before: " + failure.getMessage(), failure);
    }
    device.makeCurrent();
    branches.main().synchronize();
  }

  @Override
  public void close() {
    device.makeCurrent();
    resources.close();
  }
}
