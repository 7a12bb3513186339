// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.engine.StepSink;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.VaeShape;
import java.util.Locale;
import java.util.Optional;
import jcuda.Pointer;

/**
 * A model that is trained on the GPU: beside a model's memory, gradients, Adam's moments and what a
 * step works with.
 *
 * <p>The step is captured here, once. Then an epoch is one graph launch for a few steps, ahead of
 * the GPU, and an answer to each step's KL divergence; the host waits for words in memory, never
 * for the driver. Bit-identical from run to run on one GPU.
 */
public final class CudaTrainee extends CudaModel implements Trainee {
  private final Nvtx nvtx = Nvtx.get();
  private final TrainingSettings settings;
  private final Mailbox mailbox;
  private final TrainedNetwork trained;
  private final StepInput input;
  private final EngineInfo info;
  private final StepGraph graph;
  private final Runnable wholeBatch;
  private final Runnable severalBatches;
  private final Runnable lastBatch;
  private final int stepsALaunch;
  private final int graphBranches;
  private final StepPipeline pipeline;
  private ImageSet images;

  /** Its parameters are zero. The GPU is this thread's. */
  CudaTrainee(
      CudaAccelerator accelerator, VaeShape shape, TrainingSettings settings, ImageSet images) {
    super(accelerator, checked(shape, settings, images), settings.objective());
    this.settings = settings;
    this.images = images;
    CudaAccelerator.Options options = accelerator.options();
    try {
      mailbox = resources().add(new Mailbox(accelerator.device(), options.patience()));
      trained = TrainedNetwork.allocate(memory(), network());
      input = StepInput.allocate(memory(), mailbox, pixels(), images.size(), settings);
      StepFactory steps = steps();
      StepTuner.Chosen chosen =
          new StepTuner(
                  accelerator,
                  main(),
                  input,
                  settings.batchSize(),
                  images.size() / settings.batchSize())
              .choose(steps, shape + ", " + settings.klTerm().form());
      StepTuning tuning = chosen.tuning();
      graphBranches = tuning.branches();
      info = accelerator.info().with(steps.description(), steps.why(), chosen.toString());
      Step whole = warmedUp(steps.step(settings.batchSize(), tuning, memory()));
      graph = resources().add(capture(whole, 1));
      wholeBatch = launcher(whole, graph, 1);
      severalBatches =
          tuning.stepsALaunch() == 1
              ? wholeBatch
              : launcher(
                  whole,
                  resources().add(capture(whole, tuning.stepsALaunch())),
                  tuning.stepsALaunch());
      int lastRows = images.size() % settings.batchSize();
      if (lastRows == 0) {
        lastBatch = wholeBatch;
      } else {
        Step last = warmedUp(steps.step(lastRows, tuning, memory()));
        lastBatch = launcher(last, resources().add(capture(last, 1)), 1);
      }
      stepsALaunch = tuning.stepsALaunch();
      // Where more were chosen than the options have, twice as many keep the GPU busy.
      int stepsAhead =
          stepsALaunch > options.stepsALaunch() ? 2 * stepsALaunch : options.stepsAhead();
      pipeline = new StepPipeline(mailbox, new Launcher(), accelerator.nextPoller(), stepsAhead);
      // What the warm-up has left is not to be trained on.
      restore(TrainingState.initial(new float[layout().size()]));
    } catch (RuntimeException | Error e) {
      giveBackAfter(e);
      throw e;
    }
  }

  /** Of images that will be replaced its own, where graphs find all of them. */
  private DevicePointer pixels() {
    if (!settings.objective().targets().isDrawn()) {
      return resources().add(accelerator().pixels().of(images)).address();
    }
    DevicePointer own = memory().bytes(images.pixels().length);
    SharedPixels.upload(own, images);
    return own;
  }

  /** Before anything is allocated. */
  private static VaeShape checked(VaeShape shape, TrainingSettings settings, ImageSet images) {
    ModelArguments.requireFits(shape, images);
    if (settings.batchSize() > CudaAccelerator.MAX_BATCH) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The CUDA engine takes batches of up to %d images, not %d.",
              CudaAccelerator.MAX_BATCH,
              settings.batchSize()));
    }
    return shape;
  }

  /** Fused ones where they are asked for or fit, else ones by cuBLAS. */
  private StepFactory steps() {
    StepKind asked = accelerator().options().kind();
    Optional<String> obstacle =
        asked == StepKind.CUBLAS
            ? Optional.of("asked for")
            : FusedStepFactory.obstacle(accelerator(), shape(), settings);
    if (obstacle.isEmpty()) {
      return new FusedStepFactory(accelerator(), memory(), trained, input, settings, main());
    }
    if (asked == StepKind.FUSED) {
      throw new InputException(
          "The fused step is not for %s; take --step auto or cublas.".formatted(obstacle.get()));
    }
    return new CublasStepFactory(
        accelerator(), loss(), memory(), trained, input, settings, branches(), obstacle.get());
  }

  private Branches branches() {
    boolean isSerial = accelerator().observer().isSerial();
    CudaStream host = isSerial ? main() : stream("host");
    CudaStream gradients = isSerial ? main() : stream("gradients");
    return new Branches(main(), host, gradients, products(), products(gradients));
  }

  /**
   * A step, after it has run once. The driver and cuBLAS load a kernel when it is first launched: a
   * capture must not be where they do, nor a step that waits for the host, which would then wait
   * for it.
   */
  private Step warmedUp(Step step) {
    input.state().set(0, 0);
    mailbox.putBeta(0, 0);
    step.launch();
    main().synchronize();
    mailbox.clear();
    return step;
  }

  private StepGraph capture(Step step, int count) {
    nvtx.push("capture", step.rows());
    try {
      return new StepGraph(main(), Step.times(count, step));
    } finally {
      nvtx.pop();
    }
  }

  private Runnable launcher(Step step, StepGraph captured, int count) {
    return accelerator().options().isCaptured() ? captured::launch : Step.times(count, step);
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  // ---- training --------------------------------------------------------------------------------

  @Override
  public int trainEpoch(BatchOrder order, BetaController controller, StepSink sink) {
    begin();
    ModelArguments.requireTrains(settings, images, order);
    upload(order);
    nvtx.push("epoch", order.epoch());
    try {
      return pipeline.epoch(order, controller, weighted(sink)).run();
    } finally {
      nvtx.pop();
    }
  }

  /** Tells a sink the weight of KL, as the GPU has it from the same two floats. */
  private StepSink weighted(StepSink sink) {
    KlTerm term = settings.klTerm();
    return (step, rl, kl, number) -> sink.accept(step, rl, kl, term.weight(number, kl));
  }

  /** Steps go to the main branch, which the others come back to. */
  private final class Launcher implements StepLauncher {
    @Override
    public int stepsALaunch() {
      return stepsALaunch;
    }

    @Override
    public boolean mayLaunch() {
      return !accelerator().isTiming();
    }

    @Override
    public void launch(long step, int rows, int count) {
      Runnable whole = count == 1 ? wholeBatch : severalBatches;
      nvtx.range("step", step, rows == settings.batchSize() ? whole : lastBatch);
    }

    @Override
    public boolean isDone() {
      return main().isDone();
    }

    @Override
    public void synchronize() {
      main().synchronize();
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
    DeviceMemory.upload(input.order(), Pointer.to(indices), (long) indices.length * Integer.BYTES);
    input.upload(rates(order));
    input.state().set(pipeline.last().step(), order.firstBatch());
    mailbox.clear();
  }

  /** Of the batches before the first one, which are over, there is none. */
  private double[] rates(BatchOrder order) {
    double[] rates = new double[order.batches()];
    long step = pipeline.last().step();
    for (int batch = order.firstBatch(); batch < rates.length; batch++) {
      rates[batch] = settings.learningRate().at(step + batch - order.firstBatch());
    }
    return rates;
  }

  /** Streams that the graph was captured from: 1 if each of its nodes is after the one before. */
  int graphBranches() {
    return graphBranches;
  }

  /** Nodes of the graph of a whole batch's step. */
  int nodes() {
    return graph.nodes();
  }

  // ---- state -----------------------------------------------------------------------------------

  @Override
  public void replaceImages(ImageSet others) {
    begin();
    ModelArguments.requireReplaces(settings, images, others);
    SharedPixels.upload(input.pixels(), others);
    images = others;
  }

  @Override
  public TrainingState state() {
    begin();
    return new TrainingState(
        copy(trained.parameters().address()),
        copy(trained.firstMoment()),
        copy(trained.secondMoment()),
        pipeline.last());
  }

  /** The gradients of the last step. */
  float[] gradients() {
    begin();
    return copy(trained.gradients().address());
  }

  private float[] copy(DevicePointer from) {
    float[] floats = new float[layout().size()];
    DeviceMemory.download(from, floats);
    return floats;
  }

  @Override
  public void restore(TrainingState state) {
    begin();
    // All of them first: what is refused leaves the state as it is.
    requireFits(state.parameters());
    requireFits(state.firstMoment());
    requireFits(state.secondMoment());
    overwriteParameters(state.parameters());
    DeviceMemory.upload(trained.firstMoment(), state.firstMoment());
    DeviceMemory.upload(trained.secondMoment(), state.secondMoment());
    pipeline.restore(state.last());
  }

  /** Makes the GPU this thread's, what the model does idle, and known to be well. */
  @Override
  void begin() {
    pipeline
        .failure()
        .ifPresent(
            failure -> {
              throw new EngineException(
                  "The engine has failed before: " + failure.getMessage(), failure);
            });
    super.begin();
  }
}
