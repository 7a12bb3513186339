// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.data.ImageSet;
import java.util.Arrays;
import jcuda.Pointer;

/** Encoding, decoding and scoring without gradients, a chunk of rows at a time. */
final class Inference {
  /** Rows of a chunk: enough to keep a large GPU busy, few enough for a small one's memory. */
  static final int CAPACITY = 1024;

  private final GatherLaunches gather;
  private final LossLaunches loss;
  private final CudaNetwork network;
  private final CudaStream stream;
  private final Products products;
  private final Activations activations;
  private final DevicePointer pixels;

  Inference(
      LossLaunches loss,
      GatherLaunches gather,
      DeviceMemory memory,
      CudaNetwork network,
      CudaStream stream,
      Products products) {
    this.loss = loss;
    this.gather = gather;
    this.network = network;
    this.stream = stream;
    this.products = products;
    activations = Activations.allocate(memory, network.layout().shape(), CAPACITY);
    pixels = memory.bytes((long) CAPACITY * network.layout().shape().inputs());
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#encode}. */
  void encode(ImageSet images, int first, int count, float[] mean, float[] logVariance) {
    int latent = network.latent();
    for (int done = 0; done < count; done += CAPACITY) {
      int rows = Math.min(CAPACITY, count - done);
      gather(images, first + done, rows);
      DeviceMatrix input = activations.x();
      for (int i = 0; i < activations.encoded().size(); i++) {
        DeviceMatrix output = activations.encoded().get(i);
        products.forward(network.encoder().get(i), input, rows, true, output);
        input = output;
      }
      products.forward(network.headLayer(), input, rows, false, activations.heads());
      stream.synchronize();
      float[] heads = new float[rows * 2 * latent];
      DeviceMemory.download(activations.heads().data(), heads);
      for (int r = 0; r < rows; r++) {
        int to = (done + r) * latent;
        System.arraycopy(heads, 2 * r * latent, mean, to, latent);
        System.arraycopy(heads, (2 * r + 1) * latent, logVariance, to, latent);
      }
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#decode}. */
  void decode(float[] z, int count, float[] mean) {
    int inputs = activations.logits().columns();
    for (int done = 0; done < count; done += CAPACITY) {
      int rows = Math.min(CAPACITY, count - done);
      runDecoder(z, done, rows);
      loss.mean(stream, network.outputLayer(), rows, activations.logits());
      stream.synchronize();
      float[] means = new float[rows * inputs];
      DeviceMemory.download(activations.logits().data(), means);
      System.arraycopy(means, 0, mean, done * inputs, means.length);
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#logits}. */
  void logits(float[] z, int count, float[] logits, float[] logPartition) {
    int inputs = activations.logits().columns();
    float[] bias = new float[inputs];
    DeviceMemory.download(network.outputLayer().bias(), bias);
    var black = new ImageSet(1, inputs, new byte[inputs], new byte[1]);
    gather(black, 0, 1);
    for (int done = 0; done < count; done += CAPACITY) {
      int rows = Math.min(CAPACITY, count - done);
      runDecoder(z, done, rows);
      // All rows are scored on the one image.
      score(rows, 0, rows, logPartition, done);
      float[] products = new float[rows * inputs];
      DeviceMemory.download(activations.logits().data(), products);
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < inputs; i++) {
          logits[(done + r) * inputs + i] = products[r * inputs + i] + bias[i];
        }
      }
    }
  }

  /** As {@link io.github.cvaegpu.engine.VaeModel#reconstructionLoss}. */
  void reconstructionLoss(
      ImageSet images, int first, int count, int samples, float[] z, float[] result) {
    int total = Math.multiplyExact(count, samples);
    for (int done = 0; done < total; done += CAPACITY) {
      int rows = Math.min(CAPACITY, total - done);
      int skipped = done % samples;
      gather(images, first + done / samples, Math.ceilDiv(skipped + rows, samples));
      runDecoder(z, done, rows);
      score(samples, skipped, rows, result, done);
    }
  }

  /** Losses of what was decoded, {@code samples} points to an image that was gathered. */
  private void score(int samples, int skipped, int rows, float[] result, int at) {
    loss.forward(
        stream,
        network.outputLayer(),
        activations.logits(),
        activations.x(),
        samples,
        skipped,
        rows,
        activations.loss());
    stream.synchronize();
    float[] losses = new float[rows];
    DeviceMemory.download(activations.loss(), losses);
    System.arraycopy(losses, 0, result, at, rows);
  }

  /** The last layer's products, without the bias, of a chunk of latent points. */
  private void runDecoder(float[] z, int first, int rows) {
    int latent = network.latent();
    DeviceMemory.upload(
        activations.z().data(), Arrays.copyOfRange(z, first * latent, (first + rows) * latent));
    DeviceMatrix input = activations.z();
    for (int i = 0; i < activations.decoded().size(); i++) {
      DeviceMatrix output = activations.decoded().get(i);
      products.forward(network.decoder().get(i), input, rows, true, output);
      input = output;
    }
    products.forwardWithoutBias(network.outputLayer(), input, rows, activations.logits());
  }

  private void gather(ImageSet images, int first, int rows) {
    int size = images.imageSize();
    byte[] bytes = Arrays.copyOfRange(images.pixels(), first * size, (first + rows) * size);
    DeviceMemory.upload(pixels, Pointer.to(bytes), bytes.length);
    gather.images(stream, pixels, rows, activations.x());
  }
}
