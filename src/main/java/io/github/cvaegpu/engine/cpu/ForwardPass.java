// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.engine.cpu.ThreadTeam.Phase;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The network's activations for up to {@code capacity} images, and the phases that compute them.
 */
final class ForwardPass {
  private final int capacity;
  final SparseBatch x;

  /** Outputs of the encoder's hidden layers: (rows, hidden[i]). */
  final List<Matrix> encoded = new ArrayList<>();

  /** Posterior means, then log variances: (rows, 2 latent). */
  final Matrix heads;

  /** Latent points: (rows, latent). */
  final Matrix z;

  /** Outputs of the decoder's hidden layers: (rows, hidden[last - i]). */
  final List<Matrix> decoded = new ArrayList<>();

  /** Products of the last layer: (rows, inputs). What is added and when, its users say. */
  final Matrix logits;

  private final List<Layer> encoder;
  private final List<Layer> decoder;
  private final Gemm gemm;

  private int rows;

  ForwardPass(
      VaeShape shape,
      Targets targets,
      List<Layer> encoder,
      List<Layer> decoder,
      Gemm gemm,
      int capacity) {
    this.capacity = capacity;
    this.encoder = encoder;
    this.decoder = decoder;
    this.gemm = gemm;
    x = SparseBatch.of(targets, capacity, shape.inputs());
    for (int width : shape.hidden()) {
      encoded.add(Matrix.allocate(capacity, width));
    }
    heads = Matrix.allocate(capacity, 2 * shape.latent());
    z = Matrix.allocate(capacity, shape.latent());
    for (int width : shape.hidden().reversed()) {
      decoded.add(Matrix.allocate(capacity, width));
    }
    logits = Matrix.allocate(capacity, shape.inputs());
  }

  /** Sets how many rows the phases are to compute, up to the capacity. Called by one thread. */
  void begin(int newRows) {
    if (newRows > capacity) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d rows of %d", newRows, capacity));
    }
    rows = newRows;
  }

  /** Rows in use. */
  int rows() {
    return rows;
  }

  /** The encoder's first hidden layer from the gathered batch: y = max(x W^T + b, 0). */
  void firstLayer(int lane) {
    Layer layer = encoder.getFirst();
    Matrix out = encoded.getFirst();
    SparseKernels.forward(
        x, layer.weight(), layer.bias(), out, Block.grid(lane, rows, out.columns()));
  }

  /** Phases from the encoder's first hidden layer to its last: y = max(x W^T + b, 0). */
  List<Phase> hiddenEncoderPhases() {
    List<Phase> phases = new ArrayList<>();
    for (int i = 1; i < encoded.size(); i++) {
      phases.add(hiddenLayer(encoder.get(i), encoded.get(i - 1), encoded.get(i)));
    }
    return phases;
  }

  /** Phases from the decoder's first hidden layer to its last: y = max(x W^T + b, 0). */
  List<Phase> hiddenDecoderPhases() {
    List<Phase> phases = new ArrayList<>();
    for (int i = 1; i < decoded.size(); i++) {
      phases.add(hiddenLayer(decoder.get(i), decoded.get(i - 1), decoded.get(i)));
    }
    return phases;
  }

  private Phase hiddenLayer(Layer layer, Matrix in, Matrix out) {
    return lane -> {
      Block block = block(lane, out);
      layer.multiply(gemm, in, out, block);
      LinearKernels.biasRelu(out, block, layer.bias());
    };
  }

  /** Posterior means and log variances of a lane's rows. */
  void heads(int lane) {
    Layer layer = encoder.getLast();
    Block block = Block.rows(lane, rows, heads.columns());
    layer.multiply(gemm, encoded.getLast(), heads, block);
    LinearKernels.bias(heads, block, layer.bias());
  }

  /** The decoder's first hidden layer on a lane's rows. */
  void firstDecoderLayer(int lane) {
    Layer layer = decoder.getFirst();
    Matrix out = decoded.getFirst();
    Block block = Block.rows(lane, rows, out.columns());
    layer.multiply(gemm, z, out, block);
    LinearKernels.biasRelu(out, block, layer.bias());
  }

  /** The last layer's products on a lane's block, without the bias. */
  Block output(int lane) {
    Block block = Block.grid(lane, rows, logits.columns());
    outputLayer().multiply(gemm, decoded.getLast(), logits, block);
    return block;
  }

  Layer outputLayer() {
    return decoder.getLast();
  }

  /** A lane's block of a hidden layer's outputs: a wide one is cut by columns first. */
  Block block(int lane, Matrix matrix) {
    int columns = matrix.columns();
    return columns < Block.WIDE ? Block.rows(lane, rows, columns) : Block.grid(lane, rows, columns);
  }
}
