// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.random.Stream;

/**
 * The kernels of {@code kernels/}, each with its launch shape and its work. What they compute, with
 * which shapes, and why they are launched so is said in their sources.
 */
final class Kernels {
  private static final int BLOCK = 256;

  /** Widest latent space of the fused kernels: FUSED_LATENT of latent.cu. */
  static final int FUSED_LATENT = 16;

  private static final int LATENT_BLOCK = 128;
  private static final int FORWARD_ROWS = 4;
  private static final int FORWARD_OUTPUTS_OF_BLOCK = 16;
  private static final int FORWARD_BLOCK = 128;
  private static final int BACKWARD_ROWS = 4;
  private static final int BACKWARD_COLUMNS = 32;

  // Operations on an element, as Work counts them.
  private static final int SAMPLE_FLOP = 10;
  private static final int HEAD_GRADIENT_FLOP = 11;
  private static final int LOSS_FLOP = 8;
  private static final int LOSS_AND_GRADIENT_FLOP = 11;
  private static final int MEAN_FLOP = 4;
  private static final int ADAM_FLOP = 14;
  private static final int ADAM_FLOATS = 7;

  private final Kernel gatherBatch;
  private final Kernel gatherImages;
  private final Kernel linearForward;
  private final Kernel linearBias;
  private final Kernel linearBackwardInput;
  private final Kernel linearReluMask;
  private final Kernel linearBackwardParameters;
  private final Kernel latentForward;
  private final Kernel latentBackward;
  private final Kernel latentSampleForward;
  private final Kernel latentSampleBackward;
  private final Kernel lossForwardBackward;
  private final Kernel lossForward;
  private final Kernel lossMean;
  private final Kernel adamUpdate;
  private final Kernel stepBegin;
  private final Kernel stepEnd;

  Kernels(KernelModule module) {
    gatherBatch = module.kernel("gather_batch");
    gatherImages = module.kernel("gather_images");
    linearForward = module.kernel("linear_forward");
    linearBias = module.kernel("linear_bias");
    linearBackwardInput = module.kernel("linear_backward_input");
    linearReluMask = module.kernel("linear_relu_mask");
    linearBackwardParameters = module.kernel("linear_backward_parameters");
    latentForward = module.kernel("latent_forward");
    latentBackward = module.kernel("latent_backward");
    latentSampleForward = module.kernel("latent_sample_forward");
    latentSampleBackward = module.kernel("latent_sample_backward");
    lossForwardBackward = module.kernel("loss_forward_backward");
    lossForward = module.kernel("loss_forward");
    lossMean = module.kernel("loss_mean");
    adamUpdate = module.kernel("adam_update");
    stepBegin = module.kernel("step_begin");
    stepEnd = module.kernel("step_end");
  }

  /** x and noise of the batch at hand. */
  void gatherBatch(
      CudaStream stream,
      StepState state,
      DevicePointer pixels,
      DevicePointer order,
      int batchSize,
      int rows,
      long seed,
      DeviceMatrix x,
      DeviceMatrix noise) {
    int pixelBlocks = Math.ceilDiv(x.columns(), BLOCK);
    int noiseBlocks = Math.ceilDiv(Math.ceilDiv(noise.columns(), 4), BLOCK);
    long pixelCount = (long) rows * x.columns();
    gatherBatch.launch(
        stream,
        Work.onFloats(pixelCount, pixelCount + rows + (long) rows * noise.columns())
            .plus(new Work(0, pixelCount)),
        pixelBlocks + noiseBlocks,
        rows,
        BLOCK,
        state.address(),
        pixels,
        order,
        batchSize,
        x.columns(),
        pixelBlocks,
        (int) seed,
        (int) (seed >>> 32),
        Stream.TRAINING_NOISE.id(),
        noise.columns(),
        x.data(),
        noise.data());
  }

  /** x of images in their own order. */
  void gatherImages(CudaStream stream, DevicePointer pixels, int rows, DeviceMatrix x) {
    long count = (long) rows * x.columns();
    Work work = Work.onFloats(count, count).plus(new Work(0, count));
    gatherImages.launch(
        stream, work, Math.ceilDiv(count, BLOCK), 1, BLOCK, pixels, count, x.data());
  }

  /** y = x W^T + b, through a ReLU or not. */
  void linearForward(
      CudaStream stream, CudaLayer layer, DeviceMatrix x, int rows, boolean relu, DeviceMatrix y) {
    linearForward(stream, layer, x, layer.bias(), rows, relu, y);
  }

  /** y = x W^T. */
  void linearForwardWithoutBias(
      CudaStream stream, CudaLayer layer, DeviceMatrix x, int rows, DeviceMatrix y) {
    linearForward(stream, layer, x, DevicePointer.NULL, rows, false, y);
  }

  private void linearForward(
      CudaStream stream,
      CudaLayer layer,
      DeviceMatrix x,
      DevicePointer bias,
      int rows,
      boolean relu,
      DeviceMatrix y) {
    int biases = bias.address() == 0 ? 0 : layer.out();
    linearForward.launch(
        stream,
        Work.product(rows, layer.out(), layer.in())
            .plus(Work.onFloats((long) rows * (biases + (relu ? layer.out() : 0)), biases)),
        Math.ceilDiv(layer.out(), FORWARD_OUTPUTS_OF_BLOCK),
        Math.ceilDiv(rows, FORWARD_ROWS),
        FORWARD_BLOCK,
        x.data(),
        layer.weight(),
        bias,
        rows,
        layer.in(),
        layer.out(),
        relu ? 1 : 0,
        y.data());
  }

  /** y = y + b, through a ReLU or not. */
  void linearBias(CudaStream stream, CudaLayer layer, int rows, boolean relu, DeviceMatrix y) {
    long count = (long) rows * layer.out();
    linearBias.launch(
        stream,
        Work.onFloats(relu ? 2 * count : count, 2 * count + layer.out()),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        layer.bias(),
        count,
        layer.out(),
        relu ? 1 : 0,
        y.data());
  }

  /** dx = dy W, where x > 0; everywhere if x is null. */
  void linearBackwardInput(
      CudaStream stream,
      CudaLayer layer,
      DeviceMatrix dy,
      DeviceMatrix x,
      int rows,
      DeviceMatrix dx) {
    long masked = x == null ? 0 : (long) rows * layer.in();
    linearBackwardInput.launch(
        stream,
        Work.product(rows, layer.in(), layer.out()).plus(Work.onFloats(masked, masked)),
        Math.ceilDiv(layer.in(), BACKWARD_COLUMNS),
        Math.ceilDiv(rows, BACKWARD_ROWS),
        BLOCK,
        dy.data(),
        layer.weight(),
        x == null ? DevicePointer.NULL : x.data(),
        rows,
        layer.in(),
        layer.out(),
        dx.data());
  }

  /** dx = 0 where x is not above 0. */
  void linearReluMask(CudaStream stream, DeviceMatrix x, int rows, DeviceMatrix dx) {
    long count = (long) rows * dx.columns();
    Work work = Work.onFloats(count, 2 * count);
    linearReluMask.launch(
        stream, work, Math.ceilDiv(count, BLOCK), 1, BLOCK, x.data(), count, dx.data());
  }

  /** Gradients by the parameters that the tiles list. */
  void linearBackwardParameters(CudaStream stream, GradientTiles tiles, int rows) {
    linearBackwardParameters.launch(
        stream, tiles.work(rows), tiles.count(), 1, BLOCK, tiles.address(), rows);
  }

  /** Heads, z, KL divergence and the first decoder layer. */
  void latentForward(
      CudaStream stream,
      CudaLayer headLayer,
      CudaLayer firstDecoderLayer,
      DeviceMatrix h,
      DeviceMatrix noise,
      int rows,
      DeviceMatrix heads,
      DeviceMatrix z,
      DevicePointer kl,
      DeviceMatrix d) {
    latentForward.launch(
        stream,
        latentForwardWork(rows, h.columns(), z.columns(), d.columns()),
        rows,
        1,
        LATENT_BLOCK,
        h.data(),
        headLayer.weight(),
        headLayer.bias(),
        noise.data(),
        firstDecoderLayer.weight(),
        firstDecoderLayer.bias(),
        h.columns(),
        z.columns(),
        d.columns(),
        heads.data(),
        z.data(),
        kl,
        d.data());
  }

  private static Work latentForwardWork(long rows, int h, int latent, int d) {
    long sample = rows * latent;
    return Work.product(rows, 2L * latent, h)
        .plus(Work.onFloats(2 * sample + SAMPLE_FLOP * sample, 2L * latent + 2 * sample + rows))
        .plus(Work.product(rows, d, latent))
        // z, written above, is not read: it is still there.
        .plus(Work.onFloats(2 * rows * d, d - sample));
  }

  /** From the gradient by the first decoder layer's output to that by the heads and by h. */
  void latentBackward(
      CudaStream stream,
      StepState state,
      CudaLayer headLayer,
      CudaLayer firstDecoderLayer,
      DeviceMatrix dd,
      DeviceMatrix heads,
      DeviceMatrix noise,
      DeviceMatrix h,
      int rows,
      DeviceMatrix dheads,
      DeviceMatrix dh) {
    latentBackward.launch(
        stream,
        latentBackwardWork(rows, h.columns(), noise.columns(), dd.columns()),
        rows,
        1,
        LATENT_BLOCK,
        state.address(),
        dd.data(),
        firstDecoderLayer.weight(),
        heads.data(),
        noise.data(),
        headLayer.weight(),
        h.data(),
        h.columns(),
        noise.columns(),
        dd.columns(),
        dheads.data(),
        dh.data());
  }

  private static Work latentBackwardWork(long rows, int h, int latent, int d) {
    long sample = rows * latent;
    // dz and the gradient by the heads are not moved between the products: they are still there.
    return Work.product(rows, latent, d)
        .plus(Work.onFloats(HEAD_GRADIENT_FLOP * sample, 3 * sample - sample))
        .plus(Work.product(rows, h, 2L * latent))
        .plus(Work.onFloats(rows * h, rows * h));
  }

  /** z and KL divergence from the heads. */
  void latentSampleForward(
      CudaStream stream,
      DeviceMatrix heads,
      DeviceMatrix noise,
      int rows,
      DeviceMatrix z,
      DevicePointer kl) {
    long sample = (long) rows * z.columns();
    latentSampleForward.launch(
        stream,
        Work.onFloats(SAMPLE_FLOP * sample, 4 * sample + rows),
        rows,
        1,
        LATENT_BLOCK,
        heads.data(),
        noise.data(),
        z.columns(),
        z.data(),
        kl);
  }

  /** The gradient by the heads from that by z. */
  void latentSampleBackward(
      CudaStream stream,
      StepState state,
      DeviceMatrix heads,
      DeviceMatrix noise,
      DeviceMatrix dz,
      int rows,
      DeviceMatrix dheads) {
    int count = Math.multiplyExact(rows, dz.columns());
    latentSampleBackward.launch(
        stream,
        Work.onFloats((long) HEAD_GRADIENT_FLOP * count, 6L * count),
        Math.ceilDiv(count, BLOCK),
        1,
        BLOCK,
        state.address(),
        heads.data(),
        noise.data(),
        dz.data(),
        count,
        dz.columns(),
        dheads.data());
  }

  /** Loss of each row; the products become the gradient by the logits. */
  void lossForwardBackward(
      CudaStream stream,
      CudaLayer outputLayer,
      DeviceMatrix x,
      int rows,
      DeviceMatrix products,
      DevicePointer loss) {
    long logits = (long) rows * x.columns();
    lossForwardBackward.launch(
        stream,
        Work.onFloats(LOSS_AND_GRADIENT_FLOP * logits, 3 * logits + x.columns() + rows),
        rows,
        1,
        BLOCK,
        outputLayer.bias(),
        x.data(),
        x.columns(),
        products.data(),
        loss);
  }

  /** Loss of each row, {@code samples} of them to an image. */
  void lossForward(
      CudaStream stream,
      CudaLayer outputLayer,
      DeviceMatrix products,
      DeviceMatrix x,
      int samples,
      int skipped,
      int rows,
      DevicePointer loss) {
    long logits = (long) rows * x.columns();
    long images = Math.ceilDiv(skipped + rows, samples);
    lossForward.launch(
        stream,
        Work.onFloats(LOSS_FLOP * logits, logits + (images + 1) * x.columns() + rows),
        rows,
        1,
        BLOCK,
        products.data(),
        outputLayer.bias(),
        x.data(),
        x.columns(),
        samples,
        skipped,
        loss);
  }

  /** The mean of each pixel, in the products' place. */
  void lossMean(CudaStream stream, CudaLayer outputLayer, int rows, DeviceMatrix products) {
    int inputs = products.columns();
    long logits = (long) rows * inputs;
    lossMean.launch(
        stream,
        Work.onFloats(MEAN_FLOP * logits, 2 * logits + inputs),
        rows,
        1,
        BLOCK,
        outputLayer.bias(),
        inputs,
        products.data());
  }

  /** One update of all parameters. */
  void adamUpdate(CudaStream stream, StepState state, TrainedNetwork network) {
    int floats = network.parameters().layout().size();
    int quads = floats / 4;
    adamUpdate.launch(
        stream,
        Work.onFloats((long) ADAM_FLOP * floats, (long) ADAM_FLOATS * floats),
        Math.ceilDiv(quads, BLOCK),
        1,
        BLOCK,
        state.address(),
        network.gradients().address(),
        quads,
        network.firstMoment(),
        network.secondMoment(),
        network.parameters().address());
  }

  /** Adam's factors of the step, and beta, for which it waits. */
  void stepBegin(CudaStream stream, StepState state, Mailbox mailbox, double learningRate) {
    stepBegin.launch(
        stream,
        Work.NONE,
        1,
        1,
        1,
        state.address(),
        learningRate,
        mailbox.betas(),
        Mailbox.RING - 1,
        mailbox.patience().toNanos(),
        mailbox.status());
  }

  /** Tells the step's losses and goes on to the next. */
  void stepEnd(
      CudaStream stream,
      StepState state,
      DevicePointer loss,
      DevicePointer kl,
      int rows,
      Mailbox mailbox) {
    stepEnd.launch(
        stream,
        Work.onFloats(2L * rows, 2L * rows),
        1,
        1,
        BLOCK,
        state.address(),
        loss,
        kl,
        rows,
        mailbox.reconstructionLosses(),
        mailbox.klDivergences(),
        Mailbox.RING - 1);
  }
}
