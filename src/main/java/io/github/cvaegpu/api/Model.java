// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.api;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.GaussianMixture;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import io.github.cvaegpu.train.SavedModel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A trained variational autoencoder on a device. One device and one model give the same bits each
 * time.
 *
 * <p>A model that was trained on images in black and white takes grey ones: a pixel of intensity p
 * is then white with probability p, by a draw that depends on its place and on the image's number
 * among those that are given, and is the same each time.
 *
 * <p>One caller at a time, of any thread.
 */
public final class Model implements AutoCloseable {
  /** Points decoded at a time, so that a device needs memory for no more. */
  private static final int CHUNK = 4096;

  private final SavedModel saved;
  private final VaeModel model;

  private Model(SavedModel saved, VaeModel model) {
    this.saved = saved;
    this.model = model;
  }

  /**
   * Opens a model.
   *
   * @param path a run directory, a folder that {@code export --safetensors} wrote, or a safetensors
   *     file of either
   * @param device what it is to compute on
   * @throws CvaeGpuException if it is no model, is damaged by as much as a bit, or the device has
   *     too little memory
   */
  public static Model open(Path path, Device device) {
    return CvaeGpuException.translating(
        () -> {
          SavedModel saved = SavedModel.open(path);
          return new Model(saved, saved.model(device.accelerator()));
        });
  }

  /** Latent dimensions. */
  public int latent() {
    return saved.shape().latent();
  }

  /** Pixels of an image. */
  public int pixels() {
    return saved.shape().inputs();
  }

  /** Training steps that it was trained for. */
  public long steps() {
    return saved.steps();
  }

  /** SHA-256 of its parameters, as {@code run.json} has it after each epoch. */
  public String sha256() {
    return saved.parametersSha256();
  }

  /**
   * The posteriors of images.
   *
   * @throws CvaeGpuException if the images are of another size than the model's
   */
  public Posteriors encode(Images images) {
    return onImages(images, set -> new Posteriors(Posterior.of(model, set)));
  }

  /**
   * The likelihood that its losses and scores are of, e.g. {@code bernoulli} or {@code gaussian,
   * sigma 0.1}: those of different ones cannot be compared.
   */
  public String likelihood() {
    return saved.objective().title();
  }

  /**
   * The images that the decoder has for latent points.
   *
   * @param z (points, latent)
   * @return (points, pixels), the mean of each pixel: an intensity from 0, black, to 1, white,
   *     which a Gaussian's may be outside of
   */
  public float[] decode(float[] z) {
    int latent = latent();
    if (z.length % latent != 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d numbers for points of %d dimensions", z.length, latent));
    }
    int points = z.length / latent;
    requireCount(Math.max(1, points));
    float[] images = new float[points * pixels()];
    return CvaeGpuException.translating(
        () -> {
          for (int first = 0; first < points; first += CHUNK) {
            int count = Math.min(CHUNK, points - first);
            float[] some = new float[count * latent];
            System.arraycopy(z, first * latent, some, 0, some.length);
            float[] means = new float[count * pixels()];
            model.decode(some, count, means);
            System.arraycopy(means, 0, images, first * pixels(), means.length);
          }
          return images;
        });
  }

  /**
   * Images as the model has them after encoding and decoding: from the posterior means.
   *
   * @return (images, pixels), as {@link #decode} has them
   * @throws CvaeGpuException if the images are of another size than the model's
   */
  public float[] reconstruct(Images images) {
    return decode(encode(images).means());
  }

  /**
   * How well the model explains images. The noise is drawn from the seed that the model was trained
   * with, so that the figures are those of the commands {@code evaluate} and {@code score}.
   *
   * @param images of the model's size
   * @param samples latent points that are drawn for each image, from 1
   * @throws CvaeGpuException if the images are of another size than the model's, or the figures are
   *     no finite numbers
   */
  public Scores score(Images images, int samples) {
    if (samples < 1) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "%d samples", samples));
    }
    return onImages(images, set -> new Scores(scored(set, samples)));
  }

  /**
   * log p(x) of each image, in nats, integrated over the latent space of one or two dimensions.
   * docs/metrics.md says how, and how exact it is: as a rule within 0.01 nats.
   *
   * @param images of the model's size
   * @return (images)
   * @throws CvaeGpuException if the model has more dimensions, or as {@link #score} does
   */
  public double[] logLikelihood(Images images) {
    return onImages(
        images,
        set -> {
          ExactLikelihood.requireSmall(latent(), "the importance-weighted bound of score");
          double[] logLikelihood = new double[set.size()];
          ExactLikelihood.of(
              model, saved.objective(), Posterior.of(model, set), scored(set, 1), logLikelihood);
          return logLikelihood;
        });
  }

  private ImageScores scored(ImageSet set, int samples) {
    ImageScores scores = new Evaluator(model, saved.seed()).score(set, samples);
    scores.requireFinite();
    return scores;
  }

  /**
   * New images, of latent points that are drawn from the prior, N(0, I).
   *
   * @param count how many, from 1
   * @param seed another one draws others
   * @return (count, pixels), as {@link #decode} has them
   */
  public float[] sample(int count, long seed) {
    requireCount(count);
    return decode(GaussianNoise.rows(seed, RandomPurpose.PRIOR_SAMPLES, count, latent()));
  }

  /**
   * New images, of latent points that are drawn from where a set of images lies: from a mixture of
   * normal distributions, fitted to their posterior means: the sampling after training of Ghosh et
   * al., "From Variational to Deterministic Autoencoders", ICLR 2020.
   *
   * @param like images to fit the mixture to, as a rule those that the model was trained on
   * @param components normal distributions in the mixture, from 1
   * @param count how many, from 1
   * @param seed another one draws others
   * @return (count, pixels), as {@link #decode} has them
   * @throws CvaeGpuException if the images are of another size than the model's, or fewer than
   *     components
   */
  public float[] sampleLike(Images like, int components, int count, long seed) {
    requireCount(count);
    if (components < 1) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "%d components", components));
    }
    return decode(
        onImages(
            like,
            set -> {
              GaussianMixture.requireFits(set.size(), latent(), components);
              return GaussianMixture.fit(
                      Posterior.of(model, set).means(), latent(), components, seed)
                  .sample(seed, count);
            }));
  }

  /** As many as an array of floats can have. */
  private void requireCount(int count) {
    if (count < 1 || (long) count * Math.max(pixels(), latent()) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, "%d images", count));
    }
  }

  /** What is done with images. */
  private interface Call<T> {
    T on(ImageSet set);
  }

  private <T> T onImages(Images images, Call<T> call) {
    Supplier<T> checked =
        () -> {
          saved.requireTakes("The images", images.set());
          return call.on(saved.plan().given(images.set()));
        };
    return CvaeGpuException.translating(checked);
  }

  /** What it is, for people. */
  @Override
  public String toString() {
    String widths =
        Stream.concat(
                Stream.of(saved.shape().inputs()),
                Stream.concat(saved.shape().hidden().stream(), Stream.of(latent())))
            .map(Object::toString)
            .collect(Collectors.joining("-"));
    return String.format(
        Locale.ROOT, "VAE %s after %,d steps on %s", widths, steps(), saved.datasetName());
  }

  /** Gives back what the model has on the device. */
  @Override
  public void close() {
    model.close();
  }
}
