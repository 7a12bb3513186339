// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.engine.cpu.ThreadTeam.Member;
import io.github.cvaegpu.model.Activation;
import java.util.Arrays;

/** A layer that is trained: what belongs to each of its parameters, and its part of the step. */
final class TrainedLayer {
  private final Layer parameters;
  private final Layer gradients;
  private final Layer firstMoment;
  private final Layer secondMoment;
  private final float[][] x;
  private final float[][] dy;
  private final float[][] dx;

  /** The weights as [out, in]; null where dx is. */
  private final float[][] turned;

  /**
   * @param x its input: (B, in)
   * @param dy gradient of the loss by its output: (B, out)
   * @param dx gradient of the loss by its input: (B, in); null where nobody needs that
   */
  TrainedLayer(
      Layer parameters,
      Layer gradients,
      Layer firstMoment,
      Layer secondMoment,
      float[][] x,
      float[][] dy,
      float[][] dx) {
    this.parameters = parameters;
    this.gradients = gradients;
    this.firstMoment = firstMoment;
    this.secondMoment = secondMoment;
    this.x = x;
    this.dy = dy;
    this.dx = dx;
    turned = dx == null ? null : new float[parameters.out()][parameters.in()];
  }

  float[][] dy() {
    return dy;
  }

  /** Turns a thread's share of the weights, for the gradient by the input. */
  void turn(Member member) {
    if (dx != null) {
      int out = parameters.out();
      parameters.turn(turned, member.firstOf(out), member.endOf(out));
    }
  }

  /** dx = dy W^T of a row, down to what the layer was given. */
  void backward(WeightedRows products, int row) {
    Arrays.fill(dx[row], 0);
    products.add(dy[row], turned, dx[row]);
  }

  /** The same through the activation that the input came from. */
  void backward(WeightedRows products, int row, Activation activation) {
    backward(products, row);
    Layer.goThrough(activation, dx[row], x[row]);
  }

  /** dW = x^T dy and db = column sums of dy for a thread's share of the inputs, then Adam. */
  void update(Member member, WeightedRows products, AdamStep adam, int batchRows) {
    int inputs = parameters.rows().length;
    for (int in = member.firstOf(inputs); in < member.endOf(inputs); in++) {
      float[] gradient = gradients.rows()[in];
      Arrays.fill(gradient, 0);
      if (in < parameters.in()) {
        products.addByColumn(x, in, batchRows, dy, gradient);
      } else {
        products.addAll(batchRows, dy, gradient);
      }
      AdamKernel.update(
          adam, parameters.rows()[in], gradient, firstMoment.rows()[in], secondMoment.rows()[in]);
    }
  }
}
