// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
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
  private final StepPipeline pipeline;
  private final Inference inference;
  private final StepGraph graph;

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
      pipeline = new StepPipeline(mailbox, new Launcher(), options.stepsAhead());
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
    upload(order);
    nvtx.push("epoch", order.epoch());
    try {
      return pipeline.epoch(order, controller, sink).run();
    } finally {
      nvtx.pop();
    }
  }

  /** Steps go to the main branch, which the others come back to. */
  private final class Launcher implements StepLauncher {
    @Override
    public void launch(long step, int rows) {
      nvtx.range("step", step, rows == settings.batchSize() ? wholeBatch : lastBatch);
    }

    @Override
    public boolean isDone() {
      return branches.main().isDone();
    }

    @Override
    public void synchronize() {
      branches.main().synchronize();
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
    buffers.state().set(pipeline.step(), order.firstBatch());
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
        pipeline.step(),
        pipeline.klPerImage());
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
    pipeline.restore(state.step(), state.klPerImage());
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
    pipeline
        .failure()
        .ifPresent(
            failure -> {
              throw new EngineException(
                  "The engine has failed before: " + failure.getMessage(), failure);
            });
    device.makeCurrent();
    branches.main().synchronize();
  }

  @Override
  public void close() {
    device.makeCurrent();
    resources.close();
  }
}
