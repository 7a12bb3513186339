// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The training step as the formulas have it, in double, one image and one number at a time: what
 * engines are compared with. Checked itself against finite differences and against PyTorch.
 *
 * <pre>
 *   (mu, logvar) = encoder(x)         z = mu + exp(logvar / 2) eps         l = decoder(z)
 *   RL = sum over pixels of the likelihood's loss of l and x
 *   KL = -1/2 sum over latents of 1 + logvar - mu^2 - exp(logvar)
 *   objective = batch times the mean of RL + term, with the mean of KL in the term: KlTerm
 * </pre>
 */
public final class ReferenceVae {
  private final Objective objective;
  private final ParameterLayout layout;
  private final int latent;
  private final Activation activation;

  /**
   * What one step computes before Adam.
   *
   * @param reconstructionLoss RL, nats per image
   * @param klDivergence KL, nats per image
   * @param objective RL + term, times the images of the batch: what the gradients are of
   * @param klDimensions KL of each latent dimension, nats per image
   * @param gradients of the objective, laid out as the parameters; zero between tensors
   * @param mean mu, (image, latent)
   * @param logVariance logvar, (image, latent)
   * @param z sampled latent points, (image, latent)
   * @param logits (image, pixel)
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Step(
      double reconstructionLoss,
      double klDivergence,
      double objective,
      double[] klDimensions,
      double[] gradients,
      double[][] mean,
      double[][] logVariance,
      double[][] z,
      double[][] logits) {}

  /** The reference for networks of a shape, under the study's objective. */
  public ReferenceVae(VaeShape shape) {
    this(Objective.study(), shape);
  }

  /** The reference for networks of a shape. */
  public ReferenceVae(Objective objective, VaeShape shape) {
    this.objective = objective;
    layout = new ParameterLayout(shape, objective);
    latent = shape.latent();
    activation = shape.activation();
  }

  /** Where the parameters are. */
  public ParameterLayout layout() {
    return layout;
  }

  /**
   * Forward and backward, with a weighted KL.
   *
   * @param parameters as the layout has them
   * @param pixels (image, pixel) intensities in [0, 1]
   * @param noise (image, latent) eps
   * @param beta weight of KL
   */
  public Step step(double[] parameters, double[][] pixels, double[][] noise, double beta) {
    return step(parameters, pixels, noise, KlTerm.weighted(), beta);
  }

  /**
   * The same with any term.
   *
   * @param term what KL adds to the loss
   * @param number of the term in this step: beta, or C
   */
  public Step step(
      double[] parameters, double[][] pixels, double[][] noise, KlTerm term, double number) {
    int batch = pixels.length;
    double[] gradients = new double[layout.size()];
    double[][] mean = new double[batch][latent];
    double[][] logVariance = new double[batch][latent];
    double[][] z = new double[batch][latent];
    double[][] logits = new double[batch][];
    Likelihood likelihood = objective.likelihood();
    double sigma =
        objective.learnsSigma() ? Math.exp(parameters[layout.logSigma()]) : objective.deviation();
    double rl = 0;
    double[] kl = new double[latent];
    List<List<double[]>> encodings = new ArrayList<>();
    for (int image = 0; image < batch; image++) {
      List<double[]> encoded = forward(layout.encoder(), parameters, pixels[image]);
      encodings.add(encoded);
      for (int j = 0; j < latent; j++) {
        double mu = encoded.getLast()[j];
        double logvar = encoded.getLast()[latent + j];
        mean[image][j] = mu;
        logVariance[image][j] = logvar;
        z[image][j] = mu + Math.exp(logvar / 2) * noise[image][j];
        kl[j] -= 0.5 * (1 + logvar - mu * mu - Math.exp(logvar)) / batch;
      }
    }
    double[] weights = slopes(term, number, kl);
    for (int image = 0; image < batch; image++) {
      List<double[]> decoded = forward(layout.decoder(), parameters, z[image]);
      logits[image] = decoded.getLast();

      double[] gradLogits = new double[logits[image].length];
      for (int p = 0; p < gradLogits.length; p++) {
        double l = logits[image][p];
        double x = pixels[image][p];
        rl += likelihood.loss(l, x, sigma);
        gradLogits[p] = likelihood.gradient(l, x, sigma);
        if (objective.learnsSigma()) {
          gradients[layout.logSigma()] += 1 - (x - l) * (x - l) / (sigma * sigma);
        }
      }
      double[] gradZ = backward(layout.decoder(), parameters, decoded, gradLogits, gradients);
      double[] gradEncoded = new double[2 * latent];
      for (int j = 0; j < latent; j++) {
        double logvar = logVariance[image][j];
        gradEncoded[j] = gradZ[j] + weights[j] * mean[image][j];
        gradEncoded[latent + j] =
            gradZ[j] * noise[image][j] * Math.exp(logvar / 2) / 2
                + weights[j] * (Math.exp(logvar) - 1) / 2;
      }
      backward(layout.encoder(), parameters, encodings.get(image), gradEncoded, gradients);
    }
    return new Step(
        rl / batch,
        sum(kl),
        rl + batch * value(term, number, kl),
        kl,
        gradients,
        mean,
        logVariance,
        z,
        logits);
  }

  /** What KL adds to the loss of an image. */
  private static double value(KlTerm term, double number, double[] kl) {
    return switch (term.form()) {
      case WEIGHTED -> number * sum(kl);
      case DISTANCE -> term.given() * Math.abs(sum(kl) - number);
      case FREE_BITS -> number * Arrays.stream(kl).map(own -> Math.max(term.given(), own)).sum();
    };
  }

  /** Its derivatives by the KL of each dimension. */
  private static double[] slopes(KlTerm term, double number, double[] kl) {
    return Arrays.stream(kl)
        .map(
            own ->
                switch (term.form()) {
                  case WEIGHTED -> number;
                  case DISTANCE -> term.given() * Math.signum(sum(kl) - number);
                  case FREE_BITS -> own > term.given() ? number : 0;
                })
        .toArray();
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  /** The input of each layer of a chain, and after them the output of the last. */
  private List<double[]> forward(List<Linear> chain, double[] parameters, double[] input) {
    List<double[]> values = new ArrayList<>();
    values.add(input);
    for (Linear layer : chain) {
      double[] x = values.getLast();
      double[] y = new double[layer.out()];
      boolean isHidden = values.size() < chain.size();
      for (int o = 0; o < layer.out(); o++) {
        double sum = parameters[layer.bias() + o];
        for (int i = 0; i < layer.in(); i++) {
          sum += parameters[layer.weight() + o * layer.in() + i] * x[i];
        }
        y[o] = isHidden ? activation.value(sum) : sum;
      }
      values.add(y);
    }
    return values;
  }

  /** Adds the gradients of a chain's parameters; returns that of its input. */
  private double[] backward(
      List<Linear> chain,
      double[] parameters,
      List<double[]> values,
      double[] gradOutput,
      double[] gradients) {
    double[] gradY = gradOutput;
    for (int k = chain.size() - 1; k >= 0; k--) {
      Linear layer = chain.get(k);
      double[] x = values.get(k);
      double[] gradX = new double[layer.in()];
      for (int o = 0; o < layer.out(); o++) {
        gradients[layer.bias() + o] += gradY[o];
        for (int i = 0; i < layer.in(); i++) {
          int w = layer.weight() + o * layer.in() + i;
          gradients[w] += gradY[o] * x[i];
          gradX[i] += gradY[o] * parameters[w];
        }
      }
      if (k > 0) {
        // x is what an activation put out.
        for (int i = 0; i < gradX.length; i++) {
          gradX[i] *= activation.slope(x[i]);
        }
      }
      gradY = gradX;
    }
    return gradY;
  }

  /** Adam as {@code torch.optim.Adam} computes it, with its default betas and epsilon. */
  public static final class Adam {
    private final double learningRate;
    private final double[] first;
    private final double[] second;
    private int step;

    /**
     * Zero moments.
     *
     * @param learningRate step size before bias correction
     * @param size number of parameters
     */
    public Adam(double learningRate, int size) {
      this.learningRate = learningRate;
      first = new double[size];
      second = new double[size];
    }

    /** One step: changes the parameters. */
    public void update(double[] parameters, double[] gradients) {
      step++;
      double stepSize = learningRate / (1 - Math.pow(0.9, step));
      double correction = Math.sqrt(1 - Math.pow(0.999, step));
      for (int i = 0; i < parameters.length; i++) {
        double g = gradients[i];
        first[i] = 0.9 * first[i] + (1 - 0.9) * g;
        second[i] = 0.999 * second[i] + (1 - 0.999) * g * g;
        parameters[i] -= stepSize * first[i] / (Math.sqrt(second[i]) / correction + 1e-8);
      }
    }

    /** The mean of gradients. */
    public double[] firstMoment() {
      return first;
    }

    /** The mean of squared gradients. */
    public double[] secondMoment() {
      return second;
    }
  }

  /** Intensities of a batch's images. */
  public static double[][] pixels(ImageSet images, BatchOrder order, int batch) {
    double[][] pixels = new double[order.size(batch)][images.imageSize()];
    for (int i = 0; i < pixels.length; i++) {
      for (int p = 0; p < images.imageSize(); p++) {
        int at = order.image(batch, i) * images.imageSize() + p;
        pixels[i][p] = Targets.GREY.of(images.pixels()[at] & 0xFF);
      }
    }
    return pixels;
  }

  /** The noise that engines draw for a training step. */
  public static double[][] noise(long seed, int step, int rows, int latent) {
    double[][] noise = new double[rows][];
    for (int i = 0; i < rows; i++) {
      float[] row = new float[latent];
      GaussianNoise.row(seed, RandomPurpose.TRAINING_NOISE, step, i, row, 0, latent);
      noise[i] = toDouble(row);
    }
    return noise;
  }

  /** The same numbers in double. */
  public static double[] toDouble(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
