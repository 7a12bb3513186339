// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.util.Arrays;

/**
 * A long curve for a narrow picture: of each stretch of steps its smallest and its largest value,
 * in the order in which they come, so that no spike is lost and none is made.
 */
final class Thinned {
  private final int[] indices;

  private Thinned(int[] indices) {
    this.indices = indices;
  }

  /**
   * Thins values.
   *
   * @param stretches how many; shorter curves are kept whole
   */
  static Thinned of(float[] values, int stretches) {
    int[] kept = new int[Math.min(values.length, 2 * stretches)];
    if (values.length <= 2 * stretches) {
      Arrays.setAll(kept, i -> i);
      return new Thinned(kept);
    }
    int count = 0;
    for (int stretch = 0; stretch < stretches; stretch++) {
      int from = (int) ((long) values.length * stretch / stretches);
      int to = (int) ((long) values.length * (stretch + 1) / stretches);
      int smallest = from;
      int largest = from;
      for (int i = from; i < to; i++) {
        smallest = values[i] < values[smallest] ? i : smallest;
        largest = values[i] > values[largest] ? i : largest;
      }
      kept[count++] = Math.min(smallest, largest);
      if (smallest != largest) {
        kept[count++] = Math.max(smallest, largest);
      }
    }
    return new Thinned(Arrays.copyOf(kept, count));
  }

  /** Indices of the values that are kept, ascending. */
  int[] indices() {
    return indices;
  }
}
