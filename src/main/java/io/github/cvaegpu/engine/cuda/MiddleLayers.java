// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers that fused_middle.cu takes rows through, all but the first and the last of the
 * network: struct Middle as the kernels get it, and the shared memory that they need.
 */
final class MiddleLayers {
  /** Most layers: the table is a parameter of the kernels. */
  static final int MOST = 16;

  static final int LAYER_BYTES = 48;
  static final int BYTES = MOST * LAYER_BYTES + 2 * Integer.BYTES;
  static final int THREADS = 256;

  /** Weights from which the blocks of a cluster share a layer's outputs out. */
  static final long SHARED_FROM = 1025;

  static final int PART = 16;
  static final int PARTS = 32;
  static final int PARTS_FLOATS = 4096;

  /** A layer, what goes in and comes out, and the gradient by what goes in. */
  private record Layer(CudaLayer layer, DeviceMatrix x, DeviceMatrix y, DevicePointer dx) {}

  private final List<Layer> encoder = new ArrayList<>();
  private final List<Layer> decoder = new ArrayList<>();
  private final VaeShape shape;

  /** Those of a network, with the buffers that a step has. */
  MiddleLayers(CudaNetwork network, Activations activations, ActivationGradients gradients) {
    shape = network.layout().shape();
    int hidden = network.encoder().size() - 1;
    for (int i = 1; i <= hidden; i++) {
      encoder.add(
          new Layer(
              network.encoder().get(i),
              activations.encoded().get(i - 1),
              i < hidden ? activations.encoded().get(i) : activations.heads(),
              gradients.encoded().get(i - 1).data()));
    }
    for (int i = 0; i < hidden; i++) {
      decoder.add(
          new Layer(
              network.decoder().get(i),
              i == 0 ? activations.z() : activations.decoded().get(i - 1),
              activations.decoded().get(i),
              i == 0 ? DevicePointer.NULL : gradients.decoded().get(i - 1).data()));
    }
  }

  /** Whether a network's layers fit into the table. */
  static boolean fits(int hiddenLayers) {
    return 2 * hiddenLayers <= MOST;
  }

  /** Multiplications of a row. */
  long multiplications() {
    return all().stream().mapToLong(layer -> layer.layer().place().weightSize()).sum();
  }

  /** Floats of weights and biases, and what a row has of inputs and outputs. */
  Work work(int rows) {
    long flop = 2L * rows * multiplications();
    long parameters = 0;
    long activations = 0;
    for (Layer layer : all()) {
      parameters += layer.layer().place().weightSize() + layer.layer().out();
      activations += layer.layer().out();
    }
    return Work.onFloats(flop, parameters + rows * (activations + encoder.getFirst().layer().in()));
  }

  /** The network's. */
  VaeShape shape() {
    return shape;
  }

  private List<Layer> all() {
    List<Layer> all = new ArrayList<>(encoder);
    all.addAll(decoder);
    return all;
  }

  /** As the kernels have it. */
  ByteBuffer struct() {
    ByteBuffer struct = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    for (Layer layer : all()) {
      struct
          .putLong(layer.layer().weight().address())
          .putLong(layer.layer().bias().address())
          .putLong(layer.x().data().address())
          .putLong(layer.y().data().address())
          .putLong(layer.dx().address())
          .putInt(layer.layer().in())
          .putInt(layer.layer().out());
    }
    struct.position(MOST * LAYER_BYTES);
    struct.putInt(encoder.size()).putInt(decoder.size());
    return struct;
  }

  // ---- shared memory, in the order of the kernels ----------------------------------------------

  /** Weights of a network's layers between the first and the last. */
  static long weights(VaeShape shape) {
    List<Integer> hidden = shape.hidden();
    long weights = 3L * shape.latent() * hidden.getLast();
    for (int i = 1; i < hidden.size(); i++) {
      weights += 2L * hidden.get(i - 1) * hidden.get(i);
    }
    return weights;
  }

  /** Bytes that a block of the forward kernel needs; more than there are if it is 2 GiB or more. */
  static int forwardBytes(VaeShape shape, MiddleVariant variant) {
    // Inputs, all outputs but the last layer's; heads, noise, z and KL.
    long floats = 2L * sum(shape.hidden()) - shape.hidden().getFirst() + 5L * shape.latent();
    return bytes(variant.rows() * floats);
  }

  /** The same of the backward kernel. */
  static int backwardBytes(VaeShape shape, MiddleVariant variant) {
    // Gradients by all outputs, all inputs for the ReLUs' sake; heads and their gradients, noise.
    long first = shape.hidden().getFirst();
    long floats = 2L * (2L * sum(shape.hidden()) - first) + 6L * shape.latent();
    return bytes(variant.rows() * floats + scratch(shape, variant));
  }

  private static long sum(List<Integer> widths) {
    return widths.stream().mapToLong(width -> width).sum();
  }

  private static int bytes(long floats) {
    return (int) Math.min(Integer.MAX_VALUE, floats * Float.BYTES);
  }

  /** Floats of all parts of the backward kernel's sums, of the layer that has most. */
  static int scratch(VaeShape shape, MiddleVariant variant) {
    List<Integer> hidden = shape.hidden();
    long most =
        Math.max(
            parts(variant, hidden.getLast(), 2 * shape.latent()),
            parts(variant, shape.latent(), hidden.getLast()));
    for (int i = 1; i < hidden.size(); i++) {
      int outer = hidden.get(i - 1);
      int inner = hidden.get(i);
      most = Math.max(most, Math.max(parts(variant, outer, inner), parts(variant, inner, outer)));
    }
    return bytes(variant.rows() * most) / Float.BYTES;
  }

  /** Floats of a row's parts in one block. */
  private static long parts(MiddleVariant variant, int in, int out) {
    int parts = Math.min(Math.ceilDiv(out, PART), PARTS);
    parts = Math.max(Math.min(parts, PARTS_FLOATS / in), 1);
    boolean shared = variant.cluster() > 1 && (long) in * out >= SHARED_FROM;
    return (long) parts * (shared ? Math.ceilDiv(in, variant.cluster()) : in);
  }
}
