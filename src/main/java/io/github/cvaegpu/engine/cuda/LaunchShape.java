// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;

/**
 * How a kernel is launched.
 *
 * @param blocksX blocks of the grid
 * @param blocksY rows of blocks
 * @param threads of a block
 * @param clusterX neighbours in a row of blocks that run at the same time and can use each other's
 *     shared memory; 1 for none. A GPU before sm_90 refuses more.
 * @param sharedBytes dynamic shared memory of a block
 * @param isProgrammatic whether the grid may begin before the one before it in its stream has
 *     ended: the kernel then waits itself. A GPU before sm_90 refuses it.
 */
record LaunchShape(
    int blocksX, int blocksY, int threads, int clusterX, int sharedBytes, boolean isProgrammatic) {
  /** A grid of blocks that have nothing in common. */
  static LaunchShape of(long blocksX, int blocksY, int threads) {
    return new LaunchShape(Math.toIntExact(blocksX), blocksY, threads, 1, 0, false);
  }

  /** The same in clusters of so many blocks. */
  LaunchShape inClusters(int blocks) {
    return new LaunchShape(blocksX, blocksY, threads, blocks, sharedBytes, isProgrammatic);
  }

  /** The same with so much dynamic shared memory for each block. */
  LaunchShape withSharedBytes(int bytes) {
    return new LaunchShape(blocksX, blocksY, threads, clusterX, bytes, isProgrammatic);
  }

  /** The same, begun when the grid before lets it, or when that has ended. */
  LaunchShape programmatic(boolean isEarly) {
    return new LaunchShape(blocksX, blocksY, threads, clusterX, sharedBytes, isEarly);
  }

  /** Whether it needs nothing that has come to CUDA with sm_90. */
  boolean isPlain() {
    return clusterX == 1 && !isProgrammatic;
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "grid %d x %d, block %d", blocksX, blocksY, threads));
    if (clusterX > 1) {
      text.append(String.format(Locale.ROOT, ", clusters of %d", clusterX));
    }
    if (sharedBytes > 0) {
      text.append(String.format(Locale.ROOT, ", %d bytes of shared memory", sharedBytes));
    }
    if (isProgrammatic) {
      text.append(", programmatic");
    }
    return text.toString();
  }
}
