// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.ThreadTeam.LANES;

import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Phase;
import io.github.cvaegpu.engine.cpu.ThreadTeam.PhaseRunner;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * One training step on the CPU. Each box is a phase: all threads run their lanes of it, then meet.
 *
 * <pre>
 *  gather            x (B, in) from the dataset's bytes, noise (B, Z)
 *    |
 *  encode            h = max(x W^T + b, 0), a phase a hidden layer; the first one sparse
 *    |
 *  latent            mean, logvar = h W^T + b;  z = mean + exp(logvar/2) noise;  KL
 *    |               d = max(z W^T + b, 0)
 *  decode            d = max(d W^T + b, 0), a phase a hidden layer
 *    |
 *  output            logits = d W^T + b;  RL;  dlogits = sigmoid(logits) - x
 *    |
 *  decodeBackward    dd = (dd W) where d &gt; 0, down to the first decoder layer; of a wide layer
 *    |               in two phases, halves of the outputs and their sum
 *    |
 *  latentBackward    dz = dd W;  dmean, dlogvar with beta;  dh = (dheads W) where h &gt; 0
 *    |
 *  encodeBackward    dh = (dh W) where h &gt; 0, the same, down to the first encoder layer
 *    |
 *  update            of every layer: dW = dy^T x, db = column sums of dy, Adam
 * </pre>
 *
 * <p>The update cuts the weights between lanes, so each gradient is summed over the whole batch by
 * one lane and no partial gradients have to be added up. Forward and backward cut wide layers by
 * outputs, the narrow ones by rows of the batch: see {@link Layer}. Losses are summed over the
 * batch, as the gradients are.
 */
final class TrainingStep {
  /** Lanes of pixels that a lane updates. */
  private static final int PIXEL_LANES = LANES / Block.LANES_PER_GROUP;

  private final ImageSet images;
  private final TrainingSettings settings;
  private final Gemm gemm;
  private final List<Layer> encoder;
  private final List<Layer> decoder;
  private final List<LayerGradient> encoderGradients;
  private final List<LayerGradient> decoderGradients;
  private final AdamKernel adam;
  private final ForwardPass forward;
  private final LikelihoodKernels likelihood;
  private final Matrix noise;

  // Gradients of the loss by the activations of the same names in ForwardPass.
  private final List<Matrix> dEncoded = new ArrayList<>();
  private final Matrix dHeads;
  private final Matrix dz;
  private final List<Matrix> dDecoded = new ArrayList<>();

  /** KL divergence of each row. */
  private final double[] kl;

  /** Reconstruction loss of each column group and row. */
  private final double[] loss;

  private final Phase gather = this::gather;
  private final Phase firstLayer = this::firstLayer;
  private final List<Phase> encode;
  private final Phase latent = this::latent;
  private final List<Phase> decode;
  private final Phase output = this::output;
  private final List<Phase> decodeBackward = new ArrayList<>();
  private final Phase latentBackward = this::latentBackward;
  private final List<Phase> encodeBackward = new ArrayList<>();
  private final Phase update = this::update;

  // The step at hand, set by the lead before the others pass its barrier.
  private BatchOrder order;
  private int batch;
  private long step;
  private float beta;

  TrainingStep(
      VaeShape shape,
      ImageSet images,
      TrainingSettings settings,
      Gemm gemm,
      List<Layer> encoder,
      List<Layer> decoder,
      MemorySegment gradients,
      AdamKernel adam) {
    this.images = images;
    this.settings = settings;
    likelihood = LikelihoodKernels.of(settings.objective().likelihood());
    this.gemm = gemm;
    this.encoder = encoder;
    this.decoder = decoder;
    this.adam = adam;
    encoderGradients = encoder.stream().map(layer -> LayerGradient.of(layer, gradients)).toList();
    decoderGradients = decoder.stream().map(layer -> LayerGradient.of(layer, gradients)).toList();
    int batchSize = settings.batchSize();
    forward =
        new ForwardPass(shape, settings.objective().targets(), encoder, decoder, gemm, batchSize);
    noise = Matrix.allocate(batchSize, shape.latent());
    for (Matrix matrix : forward.encoded) {
      dEncoded.add(Matrix.allocate(batchSize, matrix.columns()));
    }
    dHeads = Matrix.allocate(batchSize, 2 * shape.latent());
    dz = Matrix.allocate(batchSize, shape.latent());
    for (Matrix matrix : forward.decoded) {
      dDecoded.add(Matrix.allocate(batchSize, matrix.columns()));
    }
    kl = new double[batchSize];
    loss = new double[batchSize * Block.COLUMN_GROUPS];
    encode = forward.hiddenEncoderPhases();
    decode = forward.hiddenDecoderPhases();
    addBackward(
        decodeBackward,
        forward.outputLayer(),
        forward.logits,
        forward.decoded.getLast(),
        dDecoded.getLast());
    for (int i = dDecoded.size() - 1; i >= 1; i--) {
      addBackward(
          decodeBackward,
          decoder.get(i),
          dDecoded.get(i),
          forward.decoded.get(i - 1),
          dDecoded.get(i - 1));
    }
    for (int i = dEncoded.size() - 1; i >= 1; i--) {
      addBackward(
          encodeBackward,
          encoder.get(i),
          dEncoded.get(i),
          forward.encoded.get(i - 1),
          dEncoded.get(i - 1));
    }
  }

  /** Sets what the next step works on. Called by the lead alone. */
  void begin(BatchOrder newOrder, int newBatch, long newStep, float newBeta) {
    order = newOrder;
    batch = newBatch;
    step = newStep;
    beta = newBeta;
    forward.begin(newOrder.size(newBatch));
    adam.begin(newStep + 1, settings.learningRate());
  }

  // ---- the training step -----------------------------------------------------------------------

  /** Runs the step; called by every thread of the team. */
  void run(PhaseRunner member) {
    member.run(gather);
    member.run(firstLayer);
    for (Phase layer : encode) {
      member.run(layer);
    }
    member.run(latent);
    for (Phase layer : decode) {
      member.run(layer);
    }
    member.run(output);
    for (Phase layer : decodeBackward) {
      member.run(layer);
    }
    member.run(latentBackward);
    for (Phase layer : encodeBackward) {
      member.run(layer);
    }
    member.run(update);
  }

  // ---- its phases ------------------------------------------------------------------------------

  private void gather(int lane) {
    forward.x.gather(lane, forward.rows(), images.pixels(), r -> order.image(batch, r));
    Block rows = Block.rows(lane, forward.rows(), noise.columns());
    float[] row = new float[noise.columns()];
    for (int r = rows.row(); r < rows.endRow(); r++) {
      GaussianNoise.row(
          settings.seed(), RandomPurpose.TRAINING_NOISE, (int) step, r, row, 0, row.length);
      for (int c = 0; c < row.length; c++) {
        noise.data().set(ValueLayout.JAVA_FLOAT, noise.at(r, c), row[c]);
      }
    }
  }

  private void latent(int lane) {
    forward.heads(lane);
    Block rows = Block.rows(lane, forward.rows(), noise.columns());
    LatentKernels.forward(forward.heads, noise, forward.z, rows, kl);
    forward.firstDecoderLayer(lane);
  }

  private void output(int lane) {
    Block block = forward.output(lane);
    forward.x.spread(block);
    likelihood.lossAndGradient(
        forward.logits,
        forward.outputLayer().bias(),
        forward.x.dense,
        1,
        0,
        block,
        loss,
        Block.columnGroup(lane));
  }

  /** Adds the phases of a layer's gradient by its input, through the ReLU that made the input. */
  private void addBackward(List<Phase> phases, Layer layer, Matrix dy, Matrix x, Matrix dx) {
    if (layer.isWide()) {
      Matrix part0 = Matrix.allocate(dx.rows(), dx.columns());
      Matrix part1 = Matrix.allocate(dx.rows(), dx.columns());
      phases.add(
          lane -> {
            int half = lane / (LANES / 2);
            backwardHalf(layer, dy, half == 0 ? part0 : part1, half, lane % (LANES / 2));
          });
      phases.add(
          lane -> LinearKernels.sumAndReluMask(part0, part1, dx, forward.block(lane, dx), x));
    } else {
      phases.add(
          lane -> {
            Block block = forward.block(lane, dx);
            layer.inputGradient(gemm, dy, dx, block);
            LinearKernels.reluMask(dx, block, x);
          });
    }
  }

  /** What comes from half of the outputs, on a quarter of the columns. */
  private void backwardHalf(Layer layer, Matrix dy, Matrix part, int half, int quarter) {
    layer.inputGradient(
        gemm,
        dy,
        part,
        new Block(
            0,
            forward.rows(),
            Block.boundary(quarter, LANES / 2, part.columns()),
            Block.boundary(quarter + 1, LANES / 2, part.columns())),
        layer.firstOutput(half * (LANES / 2)),
        layer.firstOutput((half + 1) * (LANES / 2)));
  }

  private void latentBackward(int lane) {
    Block rows = Block.rows(lane, forward.rows(), dz.columns());
    decoder.getFirst().inputGradient(gemm, dDecoded.getFirst(), dz, rows);
    LatentKernels.backward(forward.heads, noise, dz, rows, beta, dHeads);
    Matrix dh = dEncoded.getLast();
    Block hidden = Block.rows(lane, forward.rows(), dh.columns());
    encoder.getLast().inputGradient(gemm, dHeads, dh, hidden);
    LinearKernels.reluMask(dh, hidden, forward.encoded.getLast());
  }

  private void update(int lane) {
    updateFirstLayer(lane);
    for (int i = 1; i < encoder.size(); i++) {
      Matrix dy = i == encoder.size() - 1 ? dHeads : dEncoded.get(i);
      updateLayer(encoderGradients.get(i), dy, forward.encoded.get(i - 1), lane);
    }
    updateLayer(decoderGradients.getFirst(), dDecoded.getFirst(), forward.z, lane);
    for (int i = 1; i < decoder.size(); i++) {
      Matrix dy = i == decoder.size() - 1 ? forward.logits : dDecoded.get(i);
      updateLayer(decoderGradients.get(i), dy, forward.decoded.get(i - 1), lane);
    }
  }

  private void updateFirstLayer(int lane) {
    Linear place = encoder.getFirst().place();
    firstLayerGradient(lane);
    SparseBatch x = forward.x;
    Block block = firstLayerBlock(lane);
    int group = place.weight() + place.in() * block.column();
    int firstPixel = x.firstColumn(firstPixels(lane));
    int endPixel = x.endColumn(firstPixels(lane) + PIXEL_LANES - 1);
    adam.update(group + firstPixel * block.columnCount(), group + endPixel * block.columnCount());
    updateBias(encoderGradients.getFirst(), dEncoded.getFirst(), lane);
  }

  /** The sparse product of the update: lanes of a column group divide its pixels. */
  void firstLayerGradient(int lane) {
    for (int pixels = 0; pixels < PIXEL_LANES; pixels++) {
      SparseKernels.weightGradient(
          forward.x,
          dEncoded.getFirst(),
          encoderGradients.getFirst().weight(),
          firstPixels(lane) + pixels,
          firstLayerBlock(lane));
    }
  }

  private static int firstPixels(int lane) {
    return lane % Block.LANES_PER_GROUP * PIXEL_LANES;
  }

  private Block firstLayerBlock(int lane) {
    return Block.grid(lane, forward.rows(), dEncoded.getFirst().columns());
  }

  /** The sparse product of the encoder; then the batch by columns, for the update. */
  void firstLayer(int lane) {
    forward.firstLayer(lane);
    forward.x.listColumns(lane, forward.rows());
  }

  private void updateLayer(LayerGradient gradient, Matrix dy, Matrix x, int lane) {
    Layer layer = gradient.layer();
    gradient.multiply(gemm, dy, x, forward.rows(), lane);
    int weight = layer.place().weight();
    int in = layer.place().in();
    adam.update(weight + layer.firstOutput(lane) * in, weight + layer.firstOutput(lane + 1) * in);
    updateBias(gradient, dy, lane);
  }

  private void updateBias(LayerGradient gradient, Matrix dy, int lane) {
    Layer layer = gradient.layer();
    int first = layer.firstOutput(lane);
    int end = layer.firstOutput(lane + 1);
    LinearKernels.biasGradient(dy, forward.rows(), first, end, gradient.bias());
    adam.update(layer.place().bias() + first, layer.place().bias() + end);
  }

  // ---- what it measured ------------------------------------------------------------------------

  /** Reconstruction loss of the last step, nats per image; rows added in order. */
  float reconstructionLoss() {
    double sum = 0;
    for (int r = 0; r < forward.rows(); r++) {
      sum += RowLosses.ofRow(loss, r);
    }
    return (float) (sum / forward.rows());
  }

  /** The beta that the last step used. */
  float beta() {
    return beta;
  }

  /** KL divergence of the last step, nats per image; rows added in order. */
  float klDivergence() {
    double sum = 0;
    for (int r = 0; r < forward.rows(); r++) {
      sum += kl[r];
    }
    return (float) (sum / forward.rows());
  }
}
