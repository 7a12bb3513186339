// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One training step in plain Java: the one to read, and the one that runs where the library of
 * native/cpu cannot.
 *
 * <pre>
 *  gather            x (B, in) from the dataset's bytes, noise (B, Z)
 *    |
 *  encode            h = f(x W + b), layer after layer;  mean, logvar = h W + b
 *    |
 *  latent            z = mean + exp(logvar/2) noise;  KL
 *    |
 *  decode            d = f(z W + b), layer after layer
 *    |
 *  output            logits = d W + b;  RL;  dlogits = dRL/dlogits
 *    |
 *  decodeBackward    dd = (dd W^T) f'(d), layer after layer;  dz = dd W^T
 *    |
 *  klWeights         of each dimension: beta, or what the batch's KL makes of it
 *    |
 *  latentBackward    dmean, dlogvar with the weights
 *    |
 *  encodeBackward    dh = (dh W^T) f'(h), down to the first encoder layer
 *    |
 *  update            of every layer: dW = x^T dy, db = column sums of dy, Adam; of log sigma, if it is learned
 * </pre>
 *
 * <p>f is the hidden layers' {@link Activation}, f' its slope, from what it put out.
 *
 * <p>All rows of the batch are independent until the update, so each thread takes its share of them
 * from the first box to the last but one; but for a {@link KlTerm} whose weights need all of the
 * batch's posteriors, for which the threads meet before and after they share out the latent
 * dimensions. In the update it takes its share of each layer's inputs: each gradient is summed over
 * the whole batch by one thread, and no partial gradients have to be added up. No bit depends on
 * who does what. Losses are summed over the batch, as the gradients are.
 */
final class TrainingStep {
  private final TrainingSettings settings;
  private final Network parameters;
  private final Network gradients;
  private final Network firstMoment;
  private final Network secondMoment;
  private final ForwardPass forward;
  private final Activation activation;
  private final List<Scratch> scratch;
  private final float[][] noise;

  /** In the order of the layers, the encoder's first. */
  private final List<TrainedLayer> layers = new ArrayList<>();

  /** Where the decoder's begin among them. */
  private final int firstOfDecoder;

  /** Gradients of the loss by the activations of these names. */
  private final float[][] dz;

  private final float[][] dHeads;

  // Of each row, in nats.
  private final double[] reconstructionLosses;
  private final double[] klDivergences;

  /** Weights of each latent dimension's KL divergence. */
  private final float[] klWeights;

  /** What is trained on. */
  private ImageSet images;

  // The step at hand, set by the lead before the others pass its barrier.
  private BatchOrder order;
  private int batch;
  private long step;

  /** Beta, or what the {@link KlTerm} has in place of it. */
  private float number;

  private AdamStep adam;

  TrainingStep(
      VaeShape shape,
      ImageSet images,
      TrainingSettings settings,
      ThreadTeam team,
      Network parameters,
      Network gradients,
      Network firstMoment,
      Network secondMoment) {
    this.images = images;
    this.settings = settings;
    activation = shape.activation();
    this.parameters = parameters;
    this.gradients = gradients;
    this.firstMoment = firstMoment;
    this.secondMoment = secondMoment;
    int rows = settings.batchSize();
    forward = new ForwardPass(shape, settings.objective().targets(), parameters, rows);
    scratch = Scratch.ofEach(team, shape, settings.objective(), parameters, rows);
    noise = new float[rows][shape.latent()];
    reconstructionLosses = new double[rows];
    klDivergences = new double[rows];
    klWeights = new float[shape.latent()];
    firstOfDecoder = parameters.encoder().size();
    List<float[][]> inputs = new ArrayList<>();
    inputs.add(forward.x);
    inputs.addAll(forward.encoded);
    inputs.add(forward.z);
    inputs.addAll(forward.decoded);
    dz = new float[rows][shape.latent()];
    float[][] dx = null;
    for (int i = 0; i < inputs.size(); i++) {
      Layer layer = parameters.layers().get(i);
      boolean isLast = i == inputs.size() - 1;
      // The gradient by the logits takes their place.
      float[][] dy = isLast ? forward.logits : new float[rows][layer.out()];
      if (i == firstOfDecoder) {
        dx = dz;
      }
      layers.add(
          new TrainedLayer(
              layer,
              gradients.layers().get(i),
              firstMoment.layers().get(i),
              secondMoment.layers().get(i),
              inputs.get(i),
              dy,
              dx));
      dx = dy;
    }
    dHeads = layers.get(firstOfDecoder - 1).dy();
  }

  /** Sets what is trained on. Not to be called while there is a step. */
  void images(ImageSet others) {
    images = others;
  }

  /** Sets what the next step works on. Called by the lead alone. */
  void begin(BatchOrder newOrder, int newBatch, long newStep, float newNumber) {
    order = newOrder;
    batch = newBatch;
    step = newStep;
    number = newNumber;
    if (!settings.klTerm().isOfBatch()) {
      Arrays.fill(klWeights, number);
    }
    adam = AdamStep.of(newStep + 1, settings.learningRate().at(newStep));
  }

  // ---- the training step -----------------------------------------------------------------------

  /** Runs the step; called by every thread of the team. */
  void run(Member member) {
    turnWeights(member);
    member.barrier();
    Scratch mine = scratch.get(member.index());
    int first = member.firstOf(rows());
    int end = member.endOf(rows());
    gather(first, end);
    forward.encode(mine.products(), first, end);
    latent(first, end);
    forward.decode(mine.products(), first, end);
    output(mine.likelihood(), first, end);
    decodeBackward(mine.products(), first, end);
    klWeights(member);
    latentBackward(first, end);
    encodeBackward(mine.products(), first, end);
    member.barrier();
    update(member, mine.products());
    member.barrier();
  }

  // ---- its boxes -------------------------------------------------------------------------------

  private void turnWeights(Member member) {
    for (TrainedLayer layer : layers) {
      layer.turn(member);
    }
  }

  private void gather(int first, int end) {
    for (int r = first; r < end; r++) {
      forward.gather(images.pixels(), order.image(batch, r), r);
      GaussianNoise.row(
          settings.seed(),
          RandomPurpose.TRAINING_NOISE,
          (int) step,
          r,
          noise[r],
          0,
          noise[r].length);
    }
  }

  private void latent(int first, int end) {
    for (int r = first; r < end; r++) {
      klDivergences[r] = LatentKernels.forward(forward.heads[r], noise[r], forward.z[r]);
    }
  }

  private void output(LikelihoodKernel likelihood, int first, int end) {
    for (int r = first; r < end; r++) {
      reconstructionLosses[r] = likelihood.lossAndGradient(forward.logits[r], forward.x[r]);
    }
  }

  private void decodeBackward(WeightedRows products, int first, int end) {
    backward(products, layers.size() - 1, firstOfDecoder, first, end);
  }

  private void encodeBackward(WeightedRows products, int first, int end) {
    backward(products, firstOfDecoder - 1, 1, first, end);
  }

  /** Through some layers and the activations between, from the last down to the first. */
  private void backward(WeightedRows products, int last, int lowest, int first, int end) {
    for (int i = last; i >= lowest; i--) {
      TrainedLayer layer = layers.get(i);
      for (int r = first; r < end; r++) {
        if (i == firstOfDecoder) {
          // What latent points come from is no hidden layer.
          layer.backward(products, r);
        } else {
          layer.backward(products, r, activation);
        }
      }
    }
  }

  private void klWeights(Member member) {
    if (!settings.klTerm().isOfBatch()) {
      // They were known before the step.
      return;
    }
    // Until all rows are through the encoder.
    member.barrier();
    float weight = klWeight();
    int first = member.firstOf(klWeights.length);
    int end = member.endOf(klWeights.length);
    for (int j = first; j < end; j++) {
      klWeights[j] =
          switch (settings.klTerm().form()) {
            case WEIGHTED, DISTANCE -> weight;
            case FREE_BITS -> klDivergence(j) > (float) settings.klTerm().given() ? weight : 0;
          };
    }
    member.barrier();
  }

  /** KL divergence of a latent dimension, nats per image; rows added in order. */
  private float klDivergence(int dimension) {
    double sum = 0;
    for (int r = 0; r < rows(); r++) {
      sum += LatentKernels.twiceDivergence(forward.heads[r], dimension);
    }
    return (float) (0.5 * sum / rows());
  }

  private void latentBackward(int first, int end) {
    for (int r = first; r < end; r++) {
      LatentKernels.backward(forward.heads[r], noise[r], dz[r], klWeights, dHeads[r]);
    }
  }

  private void update(Member member, WeightedRows products) {
    for (TrainedLayer layer : layers) {
      layer.update(member, products, adam, rows());
    }
    if (member.isLead() && settings.objective().learnsSigma()) {
      updateLogSigma();
    }
  }

  private void updateLogSigma() {
    float[] s = parameters.logSigma();
    float[] gradient = gradients.logSigma();
    long pixels = (long) rows() * forward.x[0].length;
    gradient[0] = GaussianKernel.gradientByLogSigma(sum(reconstructionLosses), pixels, s[0]);
    AdamKernel.update(adam, s, gradient, firstMoment.logSigma(), secondMoment.logSigma());
  }

  private int rows() {
    return order.size(batch);
  }

  // ---- what it measured ------------------------------------------------------------------------

  /** Reconstruction loss of the last step, nats per image; rows added in order. */
  float reconstructionLoss() {
    return mean(reconstructionLosses);
  }

  /** KL divergence of the last step, nats per image; rows added in order. */
  float klDivergence() {
    return mean(klDivergences);
  }

  private float mean(double[] ofRows) {
    return (float) (sum(ofRows) / rows());
  }

  private double sum(double[] ofRows) {
    double sum = 0;
    for (int r = 0; r < rows(); r++) {
      sum += ofRows[r];
    }
    return sum;
  }

  /** The weight of the KL divergence in the last step, as its sink is told it. */
  float klWeight() {
    return settings.klTerm().weight(number, klDivergence());
  }
}
