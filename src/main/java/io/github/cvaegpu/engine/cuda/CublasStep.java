// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.foreign.Nvtx;
import io.github.cvaegpu.model.KlTerm;
import java.util.List;

/**
 * One training step on the GPU. Boxes are launches on three branches of one graph; an arrow between
 * branches says who waits.
 *
 * <pre>
 *   main                                              host                  gradients
 *
 *  gather           x from the dataset's bytes,      stepBegin: beta
 *    |              noise                              |
 *  encode...        h = f(x W^T + b)                   |
 *    |                                                 |
 *  latent           mean, logvar = h W^T + b           |
 *    |              z = mean + exp(logvar/2) noise     |
 *    |              KL;  d = f(z W^T + b)  ----------&gt; klWeights, if the batch decides them
 *  decode...        d = f(d W^T + b)                   |
 *    |                                                 |
 *  output           RL;  dlogits = dRL/dlogits --------|-----------------&gt; weightGradient (last layer),
 *    |                                                 |                   sigmaGradient, if learned
 *    |                                                 |                     |
 *  decodeBackward.. dd = (dd W) f'(d)  ----------------|-----------------&gt; weightGradient..., if large
 *    |                                                 |                     |
 *  latentBackward   dz, dmean, dlogvar, dh  &lt;----------+                     |
 *    |                                      ---------&gt; stepEnd: RL, KL       |
 *  encodeBackward.. dh = (dh W) f'(h)  ----------------|-----------------&gt; weightGradient..., if large
 *    |                                                 |                   parameterGradients
 *  weightGradient (first layer, if large)              |                     |
 *    |                                                 |                     |
 *  update        &lt;-------------------------------------+---------------------+
 * </pre>
 *
 * <p>A dot-dot-dot is a launch a hidden layer; f is the hidden layers' activation. Large products
 * are cuBLAS's, with an epilogue for bias and activation; see {@link Products}. The host branch is
 * off the critical path: beta of this step needs KL of the one before, which the host was told a
 * whole step ago.
 *
 * <p>A {@link KlTerm} whose weights the batch decides has klWeights on the host branch, beside the
 * decoder; for the others beta is the weight.
 *
 * <p>A step is for one number of rows, which is part of its launches; what changes from step to
 * step is in {@link StepState}. Losses and gradients are summed over the batch.
 */
final class CublasStep implements Step {
  private final LaunchObserver observer;
  private final Kernels kernels;
  private final LinearLaunches linear;
  private final LatentLaunches latent;
  private final LossLaunches loss;
  private final TrainedNetwork trained;
  private final CudaNetwork network;
  private final StepBuffers buffers;
  private final TrainingSettings settings;
  private final int rows;
  private final CudaStream main;
  private final CudaStream host;
  private final CudaStream gradients;
  private final Products products;
  private final Products sideProducts;
  private final boolean isFused;
  private final GradientTiles tiles;

  /**
   * @param loss the likelihood's launches
   * @param rows images of the batches that it is for
   * @param observer told of phases; the branches' streams tell it of launches
   */
  CublasStep(
      Kernels kernels,
      LossLaunches loss,
      DeviceMemory memory,
      TrainedNetwork trained,
      StepBuffers buffers,
      TrainingSettings settings,
      Branches branches,
      int rows,
      LaunchObserver observer) {
    this.observer = observer;
    this.kernels = kernels;
    this.loss = loss;
    this.trained = trained;
    network = trained.parameters();
    linear = kernels.linear(network.layout().shape().activation());
    latent = kernels.latent(network.layout().shape().activation());
    this.buffers = buffers;
    this.settings = settings;
    this.rows = rows;
    main = branches.main();
    host = branches.host();
    gradients = branches.gradients();
    products = branches.products();
    sideProducts = branches.sideProducts();
    isFused = network.latent() <= LatentLaunches.FUSED_LATENT;
    tiles = tiles(memory);
  }

  @Override
  public int rows() {
    return rows;
  }

  // ---- the training step -----------------------------------------------------------------------

  @Override
  public void launch() {
    observer.step(main);
    host.waitFor(main);
    phase("stepBegin", this::stepBegin);
    phase("gather", this::gather);
    phase("encode", this::encode);
    phase("latent", this::latent);
    if (settings.klTerm().isOfBatch()) {
      host.waitFor(main);
      phase("klWeights", this::klWeights);
    }
    phase("decode", this::decode);
    phase("output", this::output);
    phase("decodeBackward", this::decodeBackward);
    main.waitFor(host);
    phase("latentBackward", this::latentBackward);
    host.waitFor(main);
    phase("stepEnd", this::stepEnd);
    phase("encodeBackward", this::encodeBackward);
    phase("parameterGradients", this::parameterGradients);
    main.waitFor(host);
    main.waitFor(gradients);
    phase("update", this::update);
  }

  // ---- its phases ------------------------------------------------------------------------------

  private void stepBegin() {
    kernels.mailbox().stepBegin(host, buffers.state(), buffers.mailbox(), buffers.rates());
  }

  private void gather() {
    kernels
        .gather(settings.objective().targets())
        .batch(
            main,
            buffers.state(),
            buffers.pixels(),
            buffers.order(),
            settings.batchSize(),
            rows,
            settings.seed(),
            buffers.activations().x(),
            buffers.noise());
  }

  private void encode() {
    DeviceMatrix input = buffers.activations().x();
    for (int i = 0; i < encoded().size(); i++) {
      products.forward(network.encoder().get(i), input, rows, true, encoded().get(i));
      input = encoded().get(i);
    }
  }

  private void latent() {
    Activations a = buffers.activations();
    CudaLayer head = network.headLayer();
    CudaLayer first = network.firstDecoderLayer();
    DeviceMatrix h = encoded().getLast();
    DeviceMatrix d = decoded().getFirst();
    if (isFused) {
      latent.forward(
          main, head, first, h, buffers.noise(), rows, a.heads(), a.z(), buffers.kl(), d);
    } else {
      products.forward(head, h, rows, false, a.heads());
      latent.sampleForward(main, a.heads(), buffers.noise(), rows, a.z(), buffers.kl());
      products.forward(first, a.z(), rows, true, d);
    }
  }

  private void klWeights() {
    float given = (float) settings.klTerm().given();
    switch (settings.klTerm().form()) {
      case WEIGHTED -> throw new IllegalStateException("beta is the weight");
      case DISTANCE ->
          latent.distanceWeight(
              host, buffers.state(), buffers.kl(), rows, given, buffers.klWeights());
      case FREE_BITS ->
          latent.freeBitsWeights(
              host,
              buffers.state(),
              buffers.activations().heads(),
              rows,
              given,
              buffers.klWeights());
    }
  }

  private void decode() {
    for (int i = 1; i < decoded().size(); i++) {
      products.forward(
          network.decoder().get(i), decoded().get(i - 1), rows, true, decoded().get(i));
    }
  }

  private void output() {
    Activations a = buffers.activations();
    products.forwardWithoutBias(network.outputLayer(), lastDecoded(), rows, a.logits());
    loss.forwardBackward(main, network.outputLayer(), a.x(), rows, a.logits(), a.loss());
    weightGradientIfLarge(trained.gradients().outputLayer(), a.logits(), lastDecoded());
    if (settings.objective().learnsSigma()) {
      gradients.waitFor(main);
      phase("sigmaGradient", this::sigmaGradient);
    }
  }

  private void sigmaGradient() {
    Activations a = buffers.activations();
    loss.logSigmaGradient(
        gradients, a.loss(), rows, a.x().columns(), trained.gradients().logSigma());
  }

  private void decodeBackward() {
    DeviceMatrix dy = buffers.activations().logits();
    for (int i = decoded().size() - 1; i >= 0; i--) {
      CudaLayer layer = network.decoder().get(i + 1);
      DeviceMatrix dx = buffers.gradients().decoded().get(i);
      products.backwardInput(layer, dy, decoded().get(i), rows, dx);
      if (i > 0) {
        weightGradientIfLarge(trained.gradients().decoder().get(i), dx, decoded().get(i - 1));
      }
      dy = dx;
    }
  }

  private void latentBackward() {
    Activations a = buffers.activations();
    ActivationGradients g = buffers.gradients();
    CudaLayer head = network.headLayer();
    CudaLayer first = network.firstDecoderLayer();
    DeviceMatrix h = encoded().getLast();
    DeviceMatrix dh = g.encoded().getLast();
    DeviceMatrix dd = g.decoded().getFirst();
    if (isFused) {
      latent.backward(
          main,
          buffers.klWeights(),
          head,
          first,
          dd,
          a.heads(),
          buffers.noise(),
          h,
          rows,
          g.heads(),
          dh);
    } else {
      products.backwardInput(first, dd, null, rows, g.z());
      latent.sampleBackward(
          main, buffers.klWeights(), a.heads(), buffers.noise(), g.z(), rows, g.heads());
      products.backwardInput(head, g.heads(), h, rows, dh);
    }
    weightGradientIfLarge(trained.gradients().firstDecoderLayer(), dd, a.z());
    weightGradientIfLarge(trained.gradients().headLayer(), g.heads(), h);
  }

  private void stepEnd() {
    kernels
        .mailbox()
        .stepEnd(
            host,
            buffers.state(),
            buffers.activations().loss(),
            buffers.kl(),
            rows,
            buffers.mailbox());
  }

  private void encodeBackward() {
    List<DeviceMatrix> dEncoded = buffers.gradients().encoded();
    for (int i = encoded().size() - 1; i >= 1; i--) {
      CudaLayer layer = network.encoder().get(i);
      products.backwardInput(
          layer, dEncoded.get(i), encoded().get(i - 1), rows, dEncoded.get(i - 1));
      weightGradientIfLarge(
          trained.gradients().encoder().get(i), dEncoded.get(i), encoded().get(i - 1));
    }
  }

  private void parameterGradients() {
    gradients.waitFor(main);
    linear.backwardParameters(gradients, tiles, rows);
    CudaLayer first = trained.gradients().encoder().getFirst();
    if (products.isLarge(first, rows)) {
      DeviceMatrix dh = buffers.gradients().encoded().getFirst();
      phase(
          "weightGradient",
          () -> products.backwardWeight(first, dh, buffers.activations().x(), rows));
    }
  }

  private void update() {
    kernels.adam().update(main, buffers.state(), trained);
  }

  // ---- what they share -------------------------------------------------------------------------

  /** Makes launches under a name of the diagram, for profilers. */
  private void phase(String name, Runnable launches) {
    observer.begin(name);
    Nvtx.get().range(name, rows, launches);
    observer.end();
  }

  /** On the branch of gradients, as soon as dy is there. Small layers come later, all at once. */
  private void weightGradientIfLarge(CudaLayer gradient, DeviceMatrix dy, DeviceMatrix x) {
    if (products.isLarge(gradient, rows)) {
      gradients.waitFor(main);
      phase("weightGradient", () -> sideProducts.backwardWeight(gradient, dy, x, rows));
    }
  }

  /** All biases, and the weights of small layers. */
  private GradientTiles tiles(DeviceMemory memory) {
    Activations a = buffers.activations();
    ActivationGradients g = buffers.gradients();
    var builder = new GradientTiles.Builder();
    addTiles(builder, trained.gradients().encoder(), a.x(), encoded(), g.encoded(), g.heads());
    addTiles(builder, trained.gradients().decoder(), a.z(), decoded(), g.decoded(), a.logits());
    return builder.build(memory);
  }

  private void addTiles(
      GradientTiles.Builder builder,
      List<CudaLayer> chain,
      DeviceMatrix input,
      List<DeviceMatrix> hidden,
      List<DeviceMatrix> dHidden,
      DeviceMatrix dOutput) {
    DeviceMatrix x = input;
    for (int i = 0; i < chain.size(); i++) {
      DeviceMatrix dy = i < dHidden.size() ? dHidden.get(i) : dOutput;
      if (!products.isLarge(chain.get(i), rows)) {
        builder.weight(chain.get(i), dy, x);
      }
      builder.bias(chain.get(i), dy);
      x = i < hidden.size() ? hidden.get(i) : null;
    }
  }

  private List<DeviceMatrix> encoded() {
    return buffers.activations().encoded();
  }

  private List<DeviceMatrix> decoded() {
    return buffers.activations().decoded();
  }

  private DeviceMatrix lastDecoded() {
    return decoded().getLast();
  }
}
