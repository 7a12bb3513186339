// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * The phases of native/cpu's training step, in its order, and what each has to do: a lower bound of
 * the floating-point operations and of the bytes that go between a core and the caches behind its
 * own.
 *
 * <p>Bytes are counted by what a phase is for, not by how it does it: every operand is read once
 * and every result written once. A phase that needs an operand in parts, or again, moves more.
 */
enum StepPhase {
  GATHER,
  ENCODE,
  LATENT,
  DECODE,
  OUTPUT,
  DECODE_BACKWARD,
  LATENT_BACKWARD,
  ENCODE_BACKWARD,
  UPDATE;

  /** Value and both moments of a parameter, read and written. */
  private static final int FLOATS_OF_A_CHANGED_PARAMETER = 6;

  /**
   * What a phase has to do in a step.
   *
   * @param flops floating-point operations of its products, two a fused one; of the first layer's
   *     those with lit pixels
   * @param bytes of parameters, moments, pixels, activations and their gradients, each read once
   *     and written once where it changes
   */
  record Work(double flops, double bytes) {
    private static final Work NONE = new Work(0, 0);

    private Work plus(Work other) {
      return new Work(flops + other.flops, bytes + other.bytes);
    }

    private static Work floats(double floats) {
      return new Work(0, floats * Float.BYTES);
    }
  }

  /**
   * A fully connected layer of a batch.
   *
   * @param lit the share of its inputs that its products and its reads are of
   */
  private record Layer(double in, double out, int batch, double lit) {
    private double products() {
      return 2 * in * out * batch;
    }

    /** Reads weights, biases and inputs, writes outputs. */
    private Work forward() {
      return new Work(products() * lit, Float.BYTES * ((in + 1) * out + batch * (in * lit + out)));
    }

    /**
     * Reads weights, gradients of the outputs, and the inputs for the activation's slope; writes
     * theirs.
     */
    private Work backward() {
      return new Work(products(), Float.BYTES * (in * out + batch * (out + 2 * in)));
    }

    /** Reads inputs and gradients of the outputs; changes parameters and moments. */
    private Work update() {
      double changed = FLOATS_OF_A_CHANGED_PARAMETER * (in + 1) * out;
      return new Work(products() * lit, Float.BYTES * (changed + batch * (in * lit + out)));
    }
  }

  /** As the table of the benchmark names it. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The work of all phases.
   *
   * @param shape the network
   * @param batch images of a step
   * @param lit the share of pixels that are not zero
   */
  static List<Work> of(VaeShape shape, int batch, double lit) {
    List<Integer> widths = shape.hidden();
    Layer pixels = new Layer(shape.inputs(), widths.getFirst(), batch, lit);
    Layer logits = new Layer(widths.getFirst(), shape.inputs(), batch, 1);
    Layer heads = new Layer(widths.getLast(), 2.0 * shape.latent(), batch, 1);
    Layer fromLatent = new Layer(shape.latent(), widths.getLast(), batch, 1);
    List<Layer> encoder = new ArrayList<>();
    List<Layer> decoder = new ArrayList<>();
    for (int i = 1; i < widths.size(); i++) {
      encoder.add(new Layer(widths.get(i - 1), widths.get(i), batch, 1));
      decoder.add(new Layer(widths.get(i), widths.get(i - 1), batch, 1));
    }
    double image = shape.inputs();
    return List.of(
        new Work(0, batch * image * (1 + Float.BYTES)),
        pixels.forward().plus(sum(encoder, Layer::forward)),
        heads.forward().plus(fromLatent.forward()),
        sum(decoder, Layer::forward),
        // The loss is of the pixels too.
        logits.forward().plus(Work.floats(batch * image)),
        logits.backward().plus(sum(decoder, Layer::backward)),
        fromLatent.backward().plus(heads.backward()),
        // The first layer's gradient is turned, for the update.
        sum(encoder, Layer::backward).plus(Work.floats(2.0 * batch * pixels.out())),
        sum(List.of(pixels, heads, fromLatent, logits), Layer::update)
            .plus(sum(encoder, Layer::update))
            .plus(sum(decoder, Layer::update)));
  }

  private static Work sum(List<Layer> layers, Function<Layer, Work> work) {
    return layers.stream().map(work).reduce(Work.NONE, Work::plus);
  }
}
