// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatticeTest {
  private static double[] points(Lattice lattice, int dimensions, int level, long tile) {
    double[] z = new double[lattice.points(level) * dimensions];
    lattice.points(level, tile, z, new double[lattice.points(level)], 0);
    return z;
  }

  /** The points of a level are among the next one's, in the child of the part that they are in. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aPointStaysAtEveryFinerLevel(int dimensions) {
    var lattice = new Lattice(dimensions);
    for (int level = 0; level < 5; level++) {
      for (double place : new double[] {0.3, -3.7, 15.9, -15.9}) {
        double[] at = dimensions == 1 ? new double[] {place} : new double[] {place, -place / 2};
        long tile = lattice.tileOf(level, at);
        double[] coarse = points(lattice, dimensions, level, tile);
        for (int p = 0; p < lattice.points(level); p++) {
          double[] z = new double[dimensions];
          System.arraycopy(coarse, p * dimensions, z, 0, dimensions);
          assertEquals(tile, lattice.tileOf(level, z));
          int part = lattice.part(level, p);
          assertTrue(part >= 0 && part < lattice.children(level), "part " + part);
          long child = lattice.child(level, tile, part);
          assertEquals(child, lattice.tileOf(level + 1, z));
          assertTrue(holds(points(lattice, dimensions, level + 1, child), z));
        }
      }
    }
  }

  /** The children of a tile are as many points as it has, at half the spacing. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void childrenFillTheirTile(int dimensions) {
    var lattice = new Lattice(dimensions);
    for (int level = 0; level < 5; level++) {
      assertEquals(
          (1 << dimensions) * lattice.points(level),
          lattice.children(level) * lattice.points(level + 1),
          "level " + level);
    }
  }

  /** All tiles of which a point is one spacing from a point of the part. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void thePartsNeighboursAreAStepAway(int dimensions) {
    var lattice = new Lattice(dimensions);
    for (int level = 0; level < 4; level++) {
      double step = lattice.spacing(level);
      long tile = lattice.tileOf(level, dimensions == 1 ? new double[] {3} : new double[] {3, -5});
      double[] points = points(lattice, dimensions, level, tile);
      for (int part = 0; part < lattice.children(level); part++) {
        Set<Long> expected = new HashSet<>();
        for (int p = 0; p < lattice.points(level); p++) {
          if (lattice.part(level, p) != part) {
            continue;
          }
          for (int x = -1; x <= 1; x++) {
            for (int y = -1; y <= (dimensions == 1 ? -1 : 1); y++) {
              double[] near = Arrays.copyOfRange(points, p * dimensions, (p + 1) * dimensions);
              near[0] += x * step;
              near[dimensions - 1] += dimensions == 1 ? 0 : y * step;
              expected.add(lattice.tileOf(level, near));
            }
          }
        }
        expected.remove(tile);
        Set<Long> found = new HashSet<>();
        lattice.touching(level, tile, part, found::add);
        assertEquals(expected, found, "level " + level + ", part " + part);
      }
    }
  }

  @Test
  void noTileIsBeyondTheRange() {
    var lattice = new Lattice(2);
    double last = Math.nextDown(Lattice.MAX_RANGE);
    for (int level = 0; level < 4; level++) {
      long corner = lattice.tileOf(level, new double[] {last, last});
      Set<Long> found = new HashSet<>();
      lattice.touching(level, corner, lattice.children(level) - 1, found::add);
      assertEquals(Set.of(), found);
      long other = lattice.tileOf(level, new double[] {-Lattice.MAX_RANGE, -Lattice.MAX_RANGE});
      lattice.touching(level, other, 0, found::add);
      assertEquals(Set.of(), found);
    }
  }

  /** Where a tile is put among the points of others, its own numbers are and no others. */
  @Test
  void aTileKeepsToItsPlace() {
    var lattice = new Lattice(2);
    int points = lattice.points(3);
    double[] z = new double[3 * 2 * points];
    double[] logPrior = new double[3 * points];
    long tile = lattice.tileOf(3, new double[] {2.5, -1.5});
    lattice.points(3, tile, z, logPrior, points);
    assertArrayEquals(
        points(lattice, 2, 3, tile), Arrays.copyOfRange(z, 2 * points, 4 * points), 0);
    for (int p = 0; p < 3 * points; p++) {
      boolean isOfTile = p / points == 1;
      assertEquals(isOfTile, logPrior[p] != 0);
      assertEquals(isOfTile, z[2 * p] != 0);
    }
  }

  private static boolean holds(double[] points, double[] z) {
    for (int p = 0; p < points.length; p += z.length) {
      boolean isIt = true;
      for (int j = 0; j < z.length; j++) {
        isIt &= points[p + j] == z[j];
      }
      if (isIt) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void everyPointOfARangeIsThereOnce(int dimensions) {
    var lattice = new Lattice(dimensions);
    Set<List<Double>> points = new HashSet<>();
    List<Long> tiles = new ArrayList<>();
    lattice.ring(0, 1, tiles::add);
    lattice.ring(1, 2, tiles::add);
    for (long tile : tiles) {
      double[] z = points(lattice, dimensions, 0, tile);
      for (int p = 0; p < z.length; p += dimensions) {
        assertTrue(points.add(dimensions == 1 ? List.of(z[p]) : List.of(z[p], z[p + 1])));
      }
    }
    int side = (int) Math.round(4 * lattice.width() / lattice.spacing(0));
    assertEquals(dimensions == 1 ? side : side * side, points.size());
    assertTrue(
        points.stream().flatMap(List::stream).allMatch(z -> Math.abs(z) <= 2 * lattice.width()));
  }

  @Test
  void thePriorIsTheStandardNormalDensity() {
    var lattice = new Lattice(2);
    double[] z = new double[2 * lattice.points(2)];
    double[] logPrior = new double[lattice.points(2)];
    lattice.points(2, lattice.tileOf(2, new double[] {1, -1}), z, logPrior, 0);
    for (int p = 0; p < logPrior.length; p++) {
      double density = Math.exp(-0.5 * (z[2 * p] * z[2 * p] + z[2 * p + 1] * z[2 * p + 1]));
      assertEquals(Math.log(density / (2 * Math.PI)), logPrior[p], 1e-12);
    }
  }

  @Test
  void refusesThreeDimensions() {
    assertThrows(IllegalArgumentException.class, () -> new Lattice(3));
  }
}
