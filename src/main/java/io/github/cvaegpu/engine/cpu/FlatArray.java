// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.engine.ModelArguments;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.ParameterLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A float for each parameter, laid out as {@link ParameterLayout} has it, but for the first layer's
 * weight, which is in the order of {@link SparseKernels} and turned on the way in and out.
 */
final class FlatArray {
  private final ParameterLayout layout;
  private final MemorySegment floats;

  /** Zeros. */
  FlatArray(ParameterLayout layout) {
    this.layout = layout;
    floats = Matrix.floats(layout.size());
  }

  /** The floats, in the order that they have here. */
  MemorySegment floats() {
    return floats;
  }

  /** A copy in the layout's order. */
  float[] copy() {
    float[] copy = floats.toArray(ValueLayout.JAVA_FLOAT);
    forEachFirstWeight((here, outside) -> copy[outside] = at(here));
    return copy;
  }

  /** Takes floats in the layout's order. */
  void overwrite(float[] from) {
    requireFits(from);
    MemorySegment.copy(from, 0, floats, ValueLayout.JAVA_FLOAT, 0, from.length);
    forEachFirstWeight(
        (here, outside) -> floats.setAtIndex(ValueLayout.JAVA_FLOAT, here, from[outside]));
  }

  /** Refuses floats that are not as many. */
  void requireFits(float[] from) {
    ModelArguments.requireLength("parameters", layout.size(), from);
  }

  private float at(int index) {
    return floats.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /** Where a weight is here, and where in arrays of the layout. */
  @FunctionalInterface
  private interface Places {
    void accept(int here, int outside);
  }

  private void forEachFirstWeight(Places places) {
    Linear first = layout.encoder().getFirst();
    int here = first.weight();
    for (int group = 0; group < Block.COLUMN_GROUPS; group++) {
      int begin = Block.boundary(group, Block.COLUMN_GROUPS, first.out());
      int end = Block.boundary(group + 1, Block.COLUMN_GROUPS, first.out());
      for (int in = 0; in < first.in(); in++) {
        for (int out = begin; out < end; out++) {
          places.accept(here++, first.weight() + out * first.in() + in);
        }
      }
    }
  }
}
