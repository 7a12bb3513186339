// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Linear;

/** The numbers of one linear layer: its parameters, or what belongs to each of them. */
final class Layer {
  private static final int CACHE_LINE_FLOATS = 16;

  private final Linear place;

  /** [in + 1, out]: what goes from each input to all outputs, and then the bias. */
  private final float[][] rows;

  /** Zeros, which have a place in arrays of the layout. */
  Layer(Linear place) {
    this.place = place;
    rows = new float[place.in() + 1][place.out()];
  }

  int in() {
    return place.in();
  }

  int out() {
    return place.out();
  }

  float[][] rows() {
    return rows;
  }

  float[] bias() {
    return rows[place.in()];
  }

  /** y = x W + bias. */
  void forward(WeightedRows products, float[] x, float[] y) {
    System.arraycopy(bias(), 0, y, 0, y.length);
    products.add(x, rows, y);
  }

  /** y = max(y, 0). */
  private static void relu(float[] y) {
    for (int c = 0; c < y.length; c++) {
      y[c] = Math.max(y[c], 0);
    }
  }

  /** dy = dy where y &gt; 0, else 0: the gradient through a ReLU whose output was y. */
  private static void reluMask(float[] dy, float[] y) {
    for (int c = 0; c < dy.length; c++) {
      dy[c] *= Math.signum(y[c]);
    }
  }

  /** y = tanh(y). */
  private static void tanh(float[] y) {
    for (int c = 0; c < y.length; c++) {
      y[c] = FloatMath.tanh(y[c]);
    }
  }

  /** dy = dy (1 - y^2): the gradient through a hyperbolic tangent whose output was y. */
  private static void tanhSlope(float[] dy, float[] y) {
    for (int c = 0; c < dy.length; c++) {
      dy[c] *= (1 - y[c]) * (1 + y[c]);
    }
  }

  /** y = f(y), f being a hidden layer's activation. */
  static void activate(Activation activation, float[] y) {
    switch (activation) {
      case RELU -> relu(y);
      case TANH -> tanh(y);
    }
  }

  /**
   * The gradient by what an activation was given, from the gradient dy by its output y; in place.
   */
  static void goThrough(Activation activation, float[] dy, float[] y) {
    switch (activation) {
      case RELU -> reluMask(dy, y);
      case TANH -> tanhSlope(dy, y);
    }
  }

  /** Writes some outputs' weights as rows of outputs, [out, in]. */
  void turn(float[][] turned, int first, int end) {
    for (int begin = first; begin < end; begin += CACHE_LINE_FLOATS) {
      int stop = Math.min(end, begin + CACHE_LINE_FLOATS);
      for (int in = 0; in < place.in(); in++) {
        for (int out = begin; out < stop; out++) {
          turned[out][in] = rows[in][out];
        }
      }
    }
  }

  /** Writes the numbers to an array of the layout, whose weights are [out, in]. */
  void copyTo(float[] to) {
    for (int in = 0; in < place.in(); in++) {
      for (int out = 0; out < place.out(); out++) {
        to[place.weight() + out * place.in() + in] = rows[in][out];
      }
    }
    System.arraycopy(bias(), 0, to, place.bias(), place.out());
  }

  /** Takes the numbers from an array of the layout. */
  void copyFrom(float[] from) {
    for (int in = 0; in < place.in(); in++) {
      for (int out = 0; out < place.out(); out++) {
        rows[in][out] = from[place.weight() + out * place.in() + in];
      }
    }
    System.arraycopy(from, place.bias(), bias(), 0, place.out());
  }
}
