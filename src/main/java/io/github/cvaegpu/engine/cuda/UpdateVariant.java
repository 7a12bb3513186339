// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.List;
import java.util.Locale;

/**
 * The tiles that gradients by weights are cut into: see fused_update.cu. All give the same bits.
 *
 * @param rows outputs of the layer
 * @param columns inputs of the layer
 */
record UpdateVariant(int rows, int columns) {
  /** What is taken without tuning first. */
  static final List<UpdateVariant> ALL =
      List.of(new UpdateVariant(32, 64), new UpdateVariant(64, 64), new UpdateVariant(32, 32));

  /** Name of a kernel's variant. */
  String kernel(String name) {
    return String.format(Locale.ROOT, "%s_%d_%d", name, rows, columns);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%dx%d", rows, columns);
  }
}
