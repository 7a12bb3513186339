// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * How a large product of a fused step is cut: see gemm.cuh. All variants give the same bits.
 *
 * @param rows of a block's tile
 * @param columns of a block's tile
 * @param groups of 128 threads in a block, which cut the sums
 * @param cluster blocks that cut the sums: 1, or as many as it takes for each group to have a chunk
 */
record LinearVariant(int rows, int columns, int groups, int cluster) {
  /** Chunks of a sum. */
  static final int CHUNKS = 8;

  static final int GROUP_THREADS = 128;

  /** Columns whose losses are one sum. */
  static final int LOSS_COLUMNS = 32;

  /** The tiles and groups that kernels are there for. */
  private static final List<LinearVariant> TILES =
      List.of(tile(32, 64, 2), tile(32, 32, 4), tile(64, 64, 2), tile(32, 64, 1));

  private static LinearVariant tile(int rows, int columns, int groups) {
    return new LinearVariant(rows, columns, groups, CHUNKS / groups);
  }

  /**
   * Those that a GPU can run, what is taken without tuning first.
   *
   * @param hasClusters whether it is of sm_90 or later
   */
  static List<LinearVariant> all(boolean hasClusters) {
    return hasClusters
        ? TILES
        : TILES.stream().map(LinearVariant::alone).sorted(MOST_GROUPS).toList();
  }

  /** Where a block has the whole sum, more groups go faster through it. */
  private static final Comparator<LinearVariant> MOST_GROUPS =
      Comparator.comparingInt(LinearVariant::groups).reversed();

  private LinearVariant alone() {
    return new LinearVariant(rows, columns, groups, 1);
  }

  /** Name of a kernel's variant. */
  String kernel(String name) {
    return String.format(Locale.ROOT, "%s_%d_%d_%d", name, rows, columns, groups);
  }

  /** Tiles of a matrix. */
  long tiles(int height, int width) {
    return (long) Math.ceilDiv(height, rows) * Math.ceilDiv(width, columns);
  }

  /** How to launch blocks for so many tiles. */
  LaunchShape shape(long tiles) {
    return LaunchShape.of(Math.multiplyExact(tiles, cluster), 1, GROUP_THREADS * groups)
        .inClusters(cluster);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%dx%d/%d in %d", rows, columns, groups, cluster);
  }
}
