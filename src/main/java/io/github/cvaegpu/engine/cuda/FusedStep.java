// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.model.Objective;
import java.util.List;

/**
 * One training step on the GPU in six launches of our own kernels, each waiting for the one before.
 * What a launch does with its results is done before they leave the SM.
 *
 * <pre>
 *  firstForward     h = max(x W^T + b, 0) from the dataset's bytes
 *    |
 *  middleForward    the encoder's other layers, noise, z, KL, the decoder's first layers: a few
 *    |              rows in each cluster of blocks
 *  outputLoss       logits, RL, dlogits = sigmoid(..) - x
 *    |
 *  outputBackward   dd = (dlogits W) where d &gt; 0; beside it RL and KL are told, beta is awaited
 *    |
 *  middleBackward   down to dh of the first hidden layer
 *    |
 *  update           gradients by all parameters, and Adam
 * </pre>
 *
 * <p>It computes what {@link CublasStep} computes, with sums in other orders.
 */
final class FusedStep implements Step {
  /** Rows from which larger tiles, as cuBLAS has, are worth their launches. */
  static final int MOST_ROWS = 1024;

  /** Weights of the layers between, which every few rows read again. */
  static final long MOST_MIDDLE = 1 << 19;

  private final LaunchObserver observer;
  private final Kernels kernels;
  private final CudaNetwork network;
  private final TrainedNetwork trained;
  private final FusedBuffers buffers;
  private final TrainingSettings settings;
  private final StepVariants variants;
  private final CudaStream stream;
  private final int rows;
  private final MiddleLayers middle;
  private final UpdateTiles tiles;
  private final DevicePointer gradients;

  /**
   * @param rows images of the batches that it is for
   * @param keepsGradients whether the gradients are to be seen after a step
   * @param observer told of phases; the stream tells it of launches
   */
  FusedStep(
      Kernels kernels,
      DeviceMemory memory,
      TrainedNetwork trained,
      FusedBuffers buffers,
      TrainingSettings settings,
      StepVariants variants,
      CudaStream stream,
      int rows,
      boolean keepsGradients,
      LaunchObserver observer) {
    this.observer = observer;
    this.kernels = kernels;
    this.trained = trained;
    network = trained.parameters();
    this.buffers = buffers;
    this.settings = settings;
    this.variants = variants;
    this.stream = stream;
    this.rows = rows;
    middle = new MiddleLayers(network, buffers.activations(), buffers.gradients());
    tiles = tiles().upload(memory);
    gradients = keepsGradients ? trained.gradients().address() : DevicePointer.NULL;
  }

  @Override
  public int rows() {
    return rows;
  }

  // ---- the training step -----------------------------------------------------------------------

  @Override
  public void launch() {
    observer.step(stream);
    if (observer.isSerial()) {
      phase("stepBegin", this::stepBegin);
    }
    phase("firstForward", this::firstForward);
    phase("middleForward", this::middleForward);
    phase("outputLoss", this::outputLoss);
    phase("outputBackward", this::outputBackward);
    phase("middleBackward", this::middleBackward);
    phase("update", this::update);
  }

  // ---- its phases ------------------------------------------------------------------------------

  /**
   * Only where launches are timed: waits until the host has made all of them. Otherwise the GPU
   * would be done with each before the next is there, and a launch's time would be the host's.
   */
  private void stepBegin() {
    kernels
        .mailbox()
        .stepBegin(
            stream, buffers.input().state(), buffers.input().mailbox(), buffers.input().rates());
  }

  private void firstForward() {
    kernels
        .fused()
        .linear()
        .firstForward(
            stream,
            variants.first(),
            variants.isProgrammatic(),
            objective().targets(),
            buffers.input(),
            settings.batchSize(),
            network.encoder().getFirst(),
            rows,
            buffers.images(),
            buffers.activations().encoded().getFirst());
  }

  private void middleForward() {
    kernels
        .fused()
        .middle()
        .forward(
            stream,
            variants.middleForward(),
            variants.isProgrammatic(),
            buffers.input().state(),
            middle,
            rows,
            settings.seed(),
            buffers.noise(),
            buffers.kl());
  }

  private void outputLoss() {
    kernels
        .fused()
        .linear()
        .outputLoss(
            stream,
            variants.output(),
            variants.isProgrammatic(),
            objective().likelihood(),
            objective().targets(),
            buffers.activations().decoded().getLast(),
            network.outputLayer(),
            buffers.input(),
            buffers.images(),
            rows,
            buffers.activations().logits(),
            buffers.losses());
  }

  private void outputBackward() {
    kernels
        .fused()
        .linear()
        .outputBackward(
            stream,
            variants.back(),
            variants.isProgrammatic(),
            buffers.activations().logits(),
            network.outputLayer(),
            buffers.activations().decoded().getLast(),
            rows,
            buffers.gradients().decoded().getLast(),
            buffers.input(),
            buffers.losses(),
            buffers.kl());
  }

  private void middleBackward() {
    kernels
        .fused()
        .middle()
        .backward(
            stream,
            variants.middleBackward(),
            variants.isProgrammatic(),
            buffers.input().state(),
            middle,
            buffers.gradients().decoded().getLast(),
            buffers.activations().heads(),
            buffers.noise(),
            rows,
            buffers.gradients().heads());
  }

  private void update() {
    kernels
        .fused()
        .update()
        .update(
            stream,
            variants.isProgrammatic(),
            objective().targets(),
            tiles,
            buffers.input(),
            buffers.images(),
            rows,
            trained,
            gradients);
  }

  // ---- what they share -------------------------------------------------------------------------

  private Objective objective() {
    return settings.objective();
  }

  /** Makes a launch under a name of the diagram, for profilers. */
  private void phase(String name, Runnable launch) {
    observer.begin(name);
    Nvtx.get().range(name, rows, launch);
    observer.end();
  }

  private UpdateTiles tiles() {
    Activations a = buffers.activations();
    ActivationGradients g = buffers.gradients();
    var all = new UpdateTiles(variants.update());
    add(all, network.encoder(), null, a.encoded(), g.encoded(), g.heads());
    add(all, network.decoder(), a.z(), a.decoded(), g.decoded(), a.logits());
    return all;
  }

  private static void add(
      UpdateTiles tiles,
      List<CudaLayer> chain,
      DeviceMatrix inputOrImages,
      List<DeviceMatrix> hidden,
      List<DeviceMatrix> dHidden,
      DeviceMatrix dOutput) {
    DeviceMatrix x = inputOrImages;
    for (int i = 0; i < chain.size(); i++) {
      boolean isLast = i == hidden.size();
      tiles.add(chain.get(i).place(), isLast ? dOutput : dHidden.get(i), x);
      x = isLast ? null : hidden.get(i);
    }
  }
}
