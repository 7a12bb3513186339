// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import java.util.function.LongConsumer;

/**
 * Latent points at equal distances, in square tiles. Level 0 is the coarsest; each further one has
 * half the spacing of the one before, all of whose points it has too. Level 0, where all images
 * have all tiles, has large ones, that are summed at little cost a point; so has level 1, and the
 * finer ones, where every image has a few of its own, have smaller ones, that waste fewer points
 * around its posterior. A tile is divided into its children, tiles of the next level.
 *
 * <p>A tile is known by its coordinates, in tiles from the origin, packed in 32 bits.
 */
final class Lattice {
  /** The last level with large tiles. */
  private static final int LAST_LARGE = 1;

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
    side = dimensions == 1 ? 256 : 16;
    // A spacing of 1/64 in one dimension and of 1/8 in two.
    width = dimensions == 1 ? 4 : 2;
  }

  int dimensions() {
    return dimensions;
  }

  /** Points of a tile in each dimension: of point p the first is p % side, the second p / side. */
  int side(int level) {
    return level > LAST_LARGE ? side / 2 : side;
  }

  /** Points of a tile. */
  int points(int level) {
    return dimensions == 1 ? side(level) : side(level) * side(level);
  }

  /** Where a tile begins in one dimension: its first point. */
  double from(int level, long tile, int dimension) {
    return (long) (dimension == 0 ? x(tile) : y(tile)) * side(level) * spacing(level);
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
    double scale = 1 / (side(level) * spacing(level));
    return pack(coordinate(z[0] * scale), dimensions == 1 ? 0 : coordinate(z[1] * scale));
  }

  private static int coordinate(double tiles) {
    return (int) Math.floor(tiles);
  }

  /** Children that a tile has. */
  int children(int level) {
    int across = childrenAcross(level);
    return dimensions == 1 ? across : across * across;
  }

  private int childrenAcross(int level) {
    return 2 * side(level) / side(level + 1);
  }

  /** A tile of the next level, in one of the parts of a tile. */
  long child(int level, long tile, int part) {
    int across = childrenAcross(level);
    return pack(
        across * x(tile) + part % across, dimensions == 1 ? 0 : across * y(tile) + part / across);
  }

  /** Gives the tiles that touch one of a tile's parts, at corners too, and are in range. */
  void touching(int level, long tile, int part, LongConsumer tiles) {
    int across = childrenAcross(level);
    int column = part % across;
    int row = part / across;
    int left = column == 0 ? -1 : 0;
    int right = column == across - 1 ? 1 : 0;
    int below = dimensions == 1 || row > 0 ? 0 : -1;
    int above = dimensions == 1 || row < across - 1 ? 0 : 1;
    for (int y = below; y <= above; y++) {
      for (int x = left; x <= right; x++) {
        if ((x != 0 || y != 0) && isInRange(level, x(tile) + x) && isInRange(level, y(tile) + y)) {
          tiles.accept(pack(x(tile) + x, y(tile) + y));
        }
      }
    }
  }

  private boolean isInRange(int level, int coordinate) {
    double width = side(level) * spacing(level);
    return coordinate * width >= -MAX_RANGE && (coordinate + 1) * width <= MAX_RANGE;
  }

  /** Which part of its tile a point is in: the child that has it too. */
  int part(int level, int point) {
    int across = childrenAcross(level);
    int width = side(level) / across;
    int column = point % side(level) / width;
    return dimensions == 1 ? column : column + across * (point / side(level) / width);
  }

  /**
   * The points of a tile.
   *
   * @param z receives (points, dimensions)
   * @param logPrior receives (points) log densities of the standard normal distribution
   * @param first which point of both is the tile's first
   */
  void points(int level, long tile, double[] z, double[] logPrior, int first) {
    double spacing = spacing(level);
    int side = side(level);
    for (int p = 0; p < points(level); p++) {
      double square = 0;
      for (int j = 0; j < dimensions; j++) {
        double value = from(level, tile, j) + (j == 0 ? p % side : p / side) * spacing;
        z[(first + p) * dimensions + j] = value;
        square += value * value;
      }
      logPrior[first + p] = -0.5 * (square + dimensions * LOG_TWO_PI);
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
