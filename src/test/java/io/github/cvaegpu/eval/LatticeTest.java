// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatticeTest {
  private static double[] points(Lattice lattice, int dimensions, int level, long tile) {
    double[] z = new double[Lattice.POINTS * dimensions];
    lattice.points(level, tile, z, new double[Lattice.POINTS]);
    return z;
  }

  /** The points of a level are among the next one's, in the child of the part that they are in. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aPointStaysAtEveryFinerLevel(int dimensions) {
    var lattice = new Lattice(dimensions);
    for (double place : new double[] {0.3, -3.7, 15.9, -15.9}) {
      double[] at = dimensions == 1 ? new double[] {place} : new double[] {place, -place / 2};
      long tile = lattice.tileOf(3, at);
      double[] coarse = points(lattice, dimensions, 3, tile);
      for (int p = 0; p < Lattice.POINTS; p++) {
        double[] z = new double[dimensions];
        System.arraycopy(coarse, p * dimensions, z, 0, dimensions);
        assertEquals(tile, lattice.tileOf(3, z));
        long child = lattice.child(tile, lattice.part(p));
        assertEquals(child, lattice.tileOf(4, z));
        assertTrue(holds(points(lattice, dimensions, 4, child), z));
      }
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
    double[] z = new double[2 * Lattice.POINTS];
    double[] logPrior = new double[Lattice.POINTS];
    lattice.points(2, lattice.tileOf(2, new double[] {1, -1}), z, logPrior);
    for (int p = 0; p < Lattice.POINTS; p++) {
      double density = Math.exp(-0.5 * (z[2 * p] * z[2 * p] + z[2 * p + 1] * z[2 * p + 1]));
      assertEquals(Math.log(density / (2 * Math.PI)), logPrior[p], 1e-12);
    }
  }

  @Test
  void refusesThreeDimensions() {
    assertThrows(IllegalArgumentException.class, () -> new Lattice(3));
  }
}
