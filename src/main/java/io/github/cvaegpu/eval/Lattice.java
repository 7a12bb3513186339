// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.function.LongConsumer;

/**
 * Latent points at equal distances, in square tiles of {@value #POINTS} points. Level 0 is the
 * coarsest; each further one has half the spacing of the one before, all of whose points it has
 * too, and tiles of half the width: a tile has two children in each dimension.
 *
 * <p>A tile is known by its coordinates, in tiles from the origin, packed in 32 bits.
 */
final class Lattice {
  /** Points of a tile. */
  static final int POINTS = 256;

  /** Most dimensions. */
  static final int MAX_DIMENSIONS = 2;

  /** The finest level: 1/1024 of level 0's spacing. */
  static final int MAX_LEVEL = 10;

  /** How far from the origin points can be in each dimension: the packed coordinates end later. */
  static final int MAX_RANGE = 16;

  private static final int BITS = 16;
  private static final int ZERO = 1 << (BITS - 1);
  private static final int MASK = (1 << BITS) - 1;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final int dimensions;
  private final int side;
  private final double width;

  /**
   * @param dimensions 1 or 2
   */
  Lattice(int dimensions) {
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new IllegalArgumentException("dimensions: " + dimensions);
    }
    this.dimensions = dimensions;
    side = dimensions == 1 ? POINTS : 16;
    // A spacing of 1/64 in one dimension and of 1/8 in two.
    width = dimensions == 1 ? 4 : 2;
  }

  int dimensions() {
    return dimensions;
  }

  /** Points of a tile in each dimension: of point p the first is p % side, the second p / side. */
  int side() {
    return side;
  }

  /** Where a tile begins in one dimension: its first point. */
  double from(int level, long tile, int dimension) {
    return (long) (dimension == 0 ? x(tile) : y(tile)) * side * spacing(level);
  }

  /** Width of a tile of level 0. */
  double width() {
    return width;
  }

  /** Distance of neighbouring points. */
  double spacing(int level) {
    return Math.scalb(width / side, -level);
  }

  /** Logarithm of the volume that a point stands for. */
  double logVolume(int level) {
    return dimensions * Math.log(spacing(level));
  }

  /**
   * Gives all tiles of level 0 that are some tiles from the origin.
   *
   * @param from the cube of this many tiles to each side is left out
   * @param to the cube of this many tiles to each side has them all
   */
  void ring(int from, int to, LongConsumer tiles) {
    int rows = dimensions == 1 ? 1 : 2 * to;
    for (int row = 0; row < rows; row++) {
      int y = dimensions == 1 ? 0 : row - to;
      for (int x = -to; x < to; x++) {
        boolean isInside = x >= -from && x < from && y >= -from && y < from;
        if (!isInside || from == 0) {
          tiles.accept(pack(x, y));
        }
      }
    }
  }

  /**
   * The tile of a level that a point is in.
   *
   * @param z up to {@value #MAX_RANGE} from the origin in each dimension
   */
  long tileOf(int level, double[] z) {
    double scale = Math.scalb(1 / width, level);
    return pack(coordinate(z[0] * scale), dimensions == 1 ? 0 : coordinate(z[1] * scale));
  }

  private static int coordinate(double tiles) {
    return (int) Math.floor(tiles);
  }

  /** Children that a tile has. */
  int children() {
    return 1 << dimensions;
  }

  /** A tile of the next level, in one of the quarters, or halves, of a tile. */
  long child(long tile, int part) {
    return pack(2 * x(tile) + (part & 1), dimensions == 1 ? 0 : 2 * y(tile) + (part >> 1));
  }

  /** Gives a tile and those that touch it, at corners too. */
  void around(long tile, LongConsumer tiles) {
    int reach = dimensions == 1 ? 0 : 1;
    for (int y = y(tile) - reach; y <= y(tile) + reach; y++) {
      for (int x = x(tile) - 1; x <= x(tile) + 1; x++) {
        tiles.accept(pack(x, y));
      }
    }
  }

  /** Which quarter, or half, of its tile a point is in: the child that has it too. */
  int part(int point) {
    return 2 * (point % side) / side + (dimensions == 1 ? 0 : 2 * (2 * (point / side) / side));
  }

  /**
   * The points of a tile.
   *
   * @param z receives (points, dimensions)
   * @param logPrior receives (points) log densities of the standard normal distribution
   */
  void points(int level, long tile, double[] z, double[] logPrior) {
    double spacing = spacing(level);
    for (int p = 0; p < POINTS; p++) {
      double square = 0;
      for (int j = 0; j < dimensions; j++) {
        double value = from(level, tile, j) + (j == 0 ? p % side : p / side) * spacing;
        z[p * dimensions + j] = value;
        square += value * value;
      }
      logPrior[p] = -0.5 * (square + dimensions * LOG_TWO_PI);
    }
  }

  private static long pack(int x, int y) {
    return (long) (y + ZERO) << BITS | (x + ZERO);
  }

  private static int x(long tile) {
    return (int) (tile & MASK) - ZERO;
  }

  private static int y(long tile) {
    return (int) (tile >> BITS & MASK) - ZERO;
  }
}
