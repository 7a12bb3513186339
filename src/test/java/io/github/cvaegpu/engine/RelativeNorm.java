// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import static org.junit.jupiter.api.Assertions.fail;

import io.github.cvaegpu.model.ParameterLayout;
import java.util.Locale;

/**
 * The measure by which engines are compared: ||actual - expected|| / ||expected|| of each tensor.
 *
 * <p>One figure for a tensor, so an entry that is small by cancellation does not ask for more than
 * float arithmetic has; a tensor at a time, so a large one does not hide a small one.
 */
public final class RelativeNorm {
  private RelativeNorm() {}

  /**
   * The measure. Of two tensors of zeros it is 0; against zeros anything else is infinitely far,
   * and a NaN on either side gives NaN.
   */
  public static double of(double[] expected, double[] actual) {
    if (expected.length != actual.length) {
      throw new IllegalArgumentException(actual.length + " values for " + expected.length);
    }
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return difference == 0 ? 0 : Math.sqrt(difference / norm);
  }

  /**
   * Demands that a tensor be near.
   *
   * @param name the tensor, and of what
   * @param tolerance largest measure that passes
   */
  public static void assertNear(String name, double[] expected, double[] actual, double tolerance) {
    double figure = of(expected, actual);
    // Not "figure > tolerance", which NaN would pass.
    if (!(figure <= tolerance)) {
      fail(
          String.format(
              Locale.ROOT, "%s: relative norm %.3e exceeds %.1e", name, figure, tolerance));
    }
  }

  /**
   * Demands that every tensor of a flat array be near, and the floats between tensors be zero.
   *
   * @param what parameters, gradients or a moment, for the message
   * @param layout where the tensors are in both arrays
   */
  public static void assertNear(
      String what, ParameterLayout layout, double[] expected, float[] actual, double tolerance) {
    if (actual.length != layout.size() || expected.length != layout.size()) {
      fail(
          String.format(
              Locale.ROOT,
              "%s: %d and %d floats, not %d",
              what,
              expected.length,
              actual.length,
              layout.size()));
    }
    int end = 0;
    for (var tensor : layout.tensors()) {
      assertZero(what, actual, end, tensor.offset());
      double[] a = new double[tensor.size()];
      double[] b = new double[tensor.size()];
      for (int i = 0; i < a.length; i++) {
        a[i] = expected[tensor.offset() + i];
        b[i] = actual[tensor.offset() + i];
      }
      assertNear(what + " " + tensor.name(), a, b, tolerance);
      end = tensor.offset() + tensor.size();
    }
    assertZero(what, actual, end, actual.length);
  }

  private static void assertZero(String what, float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      if (values[i] != 0) {
        fail(String.format(Locale.ROOT, "%s: %s between tensors, at %d", what, values[i], i));
      }
    }
  }
}
