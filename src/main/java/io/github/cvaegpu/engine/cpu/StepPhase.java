// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The phases of native/cpu's training step, in its order, and what each has to do: a lower bound of
 * the floating-point operations and of the bytes that go between a core and the caches behind its
 * own.
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

  /**
   * What a phase has to do in a step.
   *
   * @param flops floating-point operations of its products, two a fused one; of the first layer's
   *     those with lit pixels
   * @param bytes of parameters, moments and pixels, each read once and written once where it
   *     changes
   */
  record Work(double flops, double bytes) {
    private Work plus(Work other) {
      return new Work(flops + other.flops, bytes + other.bytes);
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
    List<Integer> widths = new ArrayList<>(shape.hidden());
    int first = widths.getFirst();
    int last = widths.getLast();
    double firstLayer = (double) shape.inputs() * first;
    double hidden = 0;
    for (int i = 1; i < widths.size(); i++) {
      hidden += (double) widths.get(i - 1) * widths.get(i);
    }
    double latent = 3.0 * shape.latent() * last;
    double pixels = (double) batch * shape.inputs();
    Work all = product(hidden, batch, 1);
    Work middle = product(latent, batch, 1);
    Work sparse = product(firstLayer, batch, lit);
    Work dense = product(firstLayer, batch, 1);
    double parameters = 2 * firstLayer + 2 * hidden + latent;
    return List.of(
        new Work(0, pixels * (1 + Float.BYTES)),
        sparse.plus(all),
        middle,
        all,
        dense,
        dense.plus(all),
        middle,
        all,
        new Work(
            sparse.flops + dense.flops + 2 * all.flops + middle.flops,
            parameters * 6 * Float.BYTES));
  }

  /** A product with weights that are read once. */
  private static Work product(double weights, int batch, double share) {
    return new Work(2 * weights * batch * share, weights * Float.BYTES);
  }
}
