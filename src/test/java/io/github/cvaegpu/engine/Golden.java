// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import com.google.gson.Gson;
import io.github.cvaegpu.data.BatchOrder;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.random.Philox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Five training steps of PyTorch, from test-data/golden. The field names are those of the files.
 *
 * <p>An engine follows them when it starts from {@link #initialParameters()}, draws the noise of
 * {@link #seed}, and trains one epoch of {@link #order()} on {@link #images()}, with beta of step k
 * being {@code steps.get(k).beta} and {@link #learningRate}. The last batch is a smaller one.
 */
public final class Golden {
  private static final Path FOLDER = Path.of("test-data", "golden");

  /** Not a value of Stream: the program never draws from it. */
  private static final int PIXELS = 100;

  private int height;
  private int width;
  private List<Integer> hidden;
  private int latent;
  private int batch;
  private int images;
  private long seed;
  private double learningRate;
  private List<Step> steps;
  private Map<String, Summary> gradients;
  private Map<String, Summary> weights;
  private Map<String, String> initialSha256;
  private String pixelsSha256;

  private Golden() {}

  /**
   * A step's losses.
   *
   * @param beta the beta to use
   * @param rl expected reconstruction loss, nats per image
   * @param kl expected KL divergence, nats per image
   * @param noise (image, latent) expected noise
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Step(double beta, double rl, double kl, float[] noise) {}

  /**
   * A tensor, or what is kept of it.
   *
   * @param shape as PyTorch has it
   * @param norm Euclidean norm of the whole tensor
   * @param sum of the whole tensor
   * @param index flat indices of the entries kept, all of them if the tensor is small
   * @param values those entries
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Summary(
      List<Integer> shape, double norm, double sum, int[] index, double[] values) {
    /** The same entries of a tensor in a flat array. */
    public double[] pick(double[] flat, int offset) {
      double[] picked = new double[index.length];
      for (int i = 0; i < picked.length; i++) {
        picked[i] = flat[offset + index[i]];
      }
      return picked;
    }
  }

  /** 36 -> 20 -> 7 -> 3 latent dimensions, 5 images a batch: all gradients and weights. */
  public static Golden small() {
    return load("small");
  }

  /** The study's network and batch of 128: 64 entries, norm and sum of each tensor. */
  public static Golden study() {
    return load("study");
  }

  private static Golden load(String name) {
    try {
      return new Gson().fromJson(Files.readString(FOLDER.resolve(name + ".json")), Golden.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The network. */
  public VaeShape shape() {
    return new VaeShape(height * width, hidden, latent);
  }

  /** Seed of weights, batch order and noise. */
  public long seed() {
    return seed;
  }

  /** Adam's learning rate. */
  public double learningRate() {
    return learningRate;
  }

  /** The steps, one a batch. */
  public List<Step> steps() {
    return steps;
  }

  /** Expected gradients of the first step's RL + beta KL, summed over the batch, by tensor name. */
  public Map<String, Summary> gradients() {
    return gradients;
  }

  /** Expected weights after the last step, by tensor name. */
  public Map<String, Summary> weights() {
    return weights;
  }

  /** SHA-256 of the little-endian floats of each initial tensor, by name. */
  public Map<String, String> initialSha256() {
    return initialSha256;
  }

  /** SHA-256 of {@link #pixelsInStepOrder()}. */
  public String pixelsSha256() {
    return pixelsSha256;
  }

  /** The weights before the first step. */
  public float[] initialParameters() {
    return InitialWeights.draw(new ParameterLayout(shape()), seed);
  }

  /** The epoch to train on. */
  public BatchOrder order() {
    return BatchOrder.shuffled(seed, 0, images, batch);
  }

  /**
   * The images, placed so that the batches of {@link #order()} are those that PyTorch was given.
   */
  public ImageSet images() {
    byte[] inStepOrder = pixelsInStepOrder();
    byte[] placed = new byte[inStepOrder.length];
    int size = height * width;
    BatchOrder order = order();
    int from = 0;
    for (int step = 0; step < order.batches(); step++) {
      for (int place = 0; place < order.size(step); place++) {
        System.arraycopy(inStepOrder, from, placed, order.image(step, place) * size, size);
        from += size;
      }
    }
    return new ImageSet(height, width, placed, new byte[images]);
  }

  /**
   * The pixels that PyTorch was given, first batch first. Pixel p of image i is made from word p %
   * 4 of the Philox block at (p / 4, i, 0): its top byte if its lowest bit is set and the pixel is
   * not on the border, else 0.
   */
  public byte[] pixelsInStepOrder() {
    byte[] pixels = new byte[images * height * width];
    int[] words = new int[Philox.BLOCK];
    for (int i = 0; i < images; i++) {
      for (int p = 0; p < height * width; p++) {
        if (p % Philox.BLOCK == 0) {
          Philox.block((int) seed, (int) (seed >>> 32), p / Philox.BLOCK, i, 0, PIXELS, words, 0);
        }
        int word = words[p % Philox.BLOCK];
        int row = p / width;
        int column = p % width;
        boolean inside = row > 0 && row < height - 1 && column > 0 && column < width - 1;
        pixels[i * height * width + p] = (byte) (inside && (word & 1) == 1 ? word >>> 24 : 0);
      }
    }
    return pixels;
  }
}
