// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.VaeShape;
import java.util.List;
import java.util.Locale;

/**
 * How the middle of a fused step is cut: see fused_middle.cu. All variants give the same bits.
 *
 * @param rows of the batch that a cluster takes through the layers
 * @param cluster blocks that share the layers' outputs out
 */
record MiddleVariant(int rows, int cluster) {
  /** Rows that kernels are there for. */
  static final List<Integer> ROWS = List.of(1, 2, 4);

  private static final List<MiddleVariant> IN_CLUSTERS =
      List.of(
          new MiddleVariant(4, 4),
          new MiddleVariant(4, 8),
          new MiddleVariant(2, 2),
          new MiddleVariant(2, 4),
          new MiddleVariant(1, 1));

  private static final List<MiddleVariant> ALONE =
      List.of(new MiddleVariant(1, 1), new MiddleVariant(2, 1), new MiddleVariant(4, 1));

  /** Those that a GPU can run for a network, what is taken without tuning first. */
  static List<MiddleVariant> all(Capacity capacity, VaeShape shape) {
    List<MiddleVariant> all = capacity.hasClusters() ? IN_CLUSTERS : ALONE;
    return all.stream()
        .filter(
            variant ->
                MiddleLayers.forwardBytes(shape, variant) <= capacity.sharedBytes()
                    && MiddleLayers.backwardBytes(shape, variant) <= capacity.sharedBytes())
        .toList();
  }

  /** Name of a kernel's variant. */
  String kernel(String name) {
    return String.format(Locale.ROOT, "%s_%d", name, rows);
  }

  /** How to launch it for a batch. */
  LaunchShape shape(int batch, int sharedBytes) {
    return LaunchShape.of((long) Math.ceilDiv(batch, rows) * cluster, 1, MiddleLayers.THREADS)
        .inClusters(cluster)
        .withSharedBytes(sharedBytes);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d row%s in %d", rows, rows == 1 ? "" : "s", cluster);
  }
}
