// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static io.github.cvaegpu.engine.cpu.VectorMath.LANES;
import static io.github.cvaegpu.engine.cpu.VectorMath.ZERO;
import static io.github.cvaegpu.engine.cpu.VectorMath.broadcast;
import static io.github.cvaegpu.engine.cpu.VectorMath.load;
import static io.github.cvaegpu.engine.cpu.VectorMath.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Adam over a range of the flat arrays. With g the gradient, m and v the moments, and t the step
 * from 1:
 *
 * <pre>
 *   m = 0.9 m + 0.1 g
 *   v = 0.999 v + 0.001 g^2
 *   p = p - lr / (1 - 0.9^t) * m / (sqrt(v / (1 - 0.999^t)) + 1e-8)
 * </pre>
 *
 * <p>An m below 2^-100 is made 0. The mean of a pixel that is seldom lit halves every seven steps
 * and would soon be subnormal, which takes processors a hundred cycles an operation; beside the
 * 1e-8 in the denominator it moves no parameter.
 *
 * <p>Source: D. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, Algorithm
 * 1.
 */
final class AdamKernel {
  private static final FloatVector BETA1_VECTOR = broadcast((float) AdamStep.BETA1);
  private static final FloatVector ONE_MINUS_BETA1 = broadcast((float) (1 - AdamStep.BETA1));
  private static final FloatVector BETA2_VECTOR = broadcast((float) AdamStep.BETA2);
  private static final FloatVector ONE_MINUS_BETA2 = broadcast((float) (1 - AdamStep.BETA2));
  private static final FloatVector TINY = broadcast(0x1p-100f);
  private static final FloatVector EPSILON = broadcast(1e-8f);

  private final MemorySegment parameters;
  private final MemorySegment gradients;
  private final MemorySegment firstMoment;
  private final MemorySegment secondMoment;
  private float stepSize;
  private float rootScale;

  AdamKernel(
      MemorySegment parameters,
      MemorySegment gradients,
      MemorySegment firstMoment,
      MemorySegment secondMoment) {
    this.parameters = parameters;
    this.gradients = gradients;
    this.firstMoment = firstMoment;
    this.secondMoment = secondMoment;
  }

  /**
   * Sets the two numbers that depend on the step.
   *
   * @param t the step, from 1
   * @param learningRate lr
   */
  void begin(long t, double learningRate) {
    AdamStep step = AdamStep.of(t, learningRate);
    stepSize = step.stepSize();
    rootScale = step.rootScale();
  }

  /** Updates the parameters and moments of floats {@code first} to {@code end}. */
  void update(int first, int end) {
    int whole = end - (end - first) % LANES;
    vectors(parameters, gradients, firstMoment, secondMoment, first, whole, -stepSize, rootScale);
    if (whole < end) {
      tail(whole, end);
    }
  }

  // Whole vectors and the tail are methods of their own: together they are more than the compiler
  // inlines, and what it does not inline puts every vector on the heap. The segments are parameters
  // because fields would be read again after every store.

  private static void vectors(
      MemorySegment parameters,
      MemorySegment gradients,
      MemorySegment firstMoment,
      MemorySegment secondMoment,
      int first,
      int end,
      float minusStepSize,
      float rootScale) {
    FloatVector minusStep = broadcast(minusStepSize);
    FloatVector scale = broadcast(rootScale);
    for (int i = first; i < end; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = load(gradients, at);
      FloatVector m = mean(load(firstMoment, at), g);
      FloatVector v = square(load(secondMoment, at), g);
      store(m, firstMoment, at);
      store(v, secondMoment, at);
      FloatVector p = load(parameters, at);
      store(m.div(v.sqrt().fma(scale, EPSILON)).fma(minusStep, p), parameters, at);
    }
  }

  private void tail(int first, int end) {
    FloatVector minusStep = broadcast(-stepSize);
    FloatVector scale = broadcast(rootScale);
    long at = (long) first * Float.BYTES;
    VectorMask<Float> mask = VectorMath.tail(first, end);
    FloatVector g = load(gradients, at, mask);
    FloatVector m = mean(load(firstMoment, at, mask), g);
    FloatVector v = square(load(secondMoment, at, mask), g);
    store(m, firstMoment, at, mask);
    store(v, secondMoment, at, mask);
    FloatVector p = load(parameters, at, mask);
    store(m.div(v.sqrt().fma(scale, EPSILON)).fma(minusStep, p), parameters, at, mask);
  }

  private static FloatVector mean(FloatVector m, FloatVector g) {
    FloatVector mean = m.fma(BETA1_VECTOR, g.mul(ONE_MINUS_BETA1));
    return mean.blend(ZERO, mean.abs().compare(VectorOperators.LT, TINY));
  }

  private static FloatVector square(FloatVector v, FloatVector g) {
    return v.fma(BETA2_VECTOR, g.mul(g).mul(ONE_MINUS_BETA2));
  }
}
