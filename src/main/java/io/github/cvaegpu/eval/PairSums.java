// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What each of some tiles of a {@link Lattice} holds of an image's likelihood, for pairs of tiles
 * and images: log of the sum of p(x|z) p(z) over the tile's points, times the volume of each.
 *
 * <p>The same bits for any number of threads: a tile's sum is one thread's, and those of an image
 * are added up in the order of the pairs.
 */
final class PairSums {
  /** Bits of a pair that are the image's; the tile's are above. */
  private static final int IMAGE_BITS = 16;

  /** Most images. */
  static final int MAX_IMAGES = 1 << IMAGE_BITS;

  /** A point below a tile's largest by this many nats adds nothing that a double would keep. */
  private static final double NEGLIGIBLE = 40;

  private final int level;
  private final int parts;
  private final long[] pairs;

  /** (pairs, parts), in float where all that is asked is whether a part counts. */
  private final float[] partSum;

  private final double[] sum;
  private final double[] largest;

  /** (pairs, points) log p(x|z) p(z) of finer levels than the coarsest, else null. */
  private final float[][] logJoint;

  private PairSums(int level, int parts, long[] pairs) {
    this.level = level;
    this.parts = parts;
    this.pairs = pairs;
    partSum = new float[Math.multiplyExact(pairs.length, parts)];
    sum = new double[pairs.length];
    largest = new double[pairs.length];
    logJoint = level == 0 ? null : new float[pairs.length][];
  }

  static long pair(long tile, int image) {
    return tile << IMAGE_BITS | image;
  }

  /**
   * Sums pairs of one level up.
   *
   * @param pairs of {@link #pair}, sorted
   * @param progress told now and then how many pairs are done
   * @throws InputException if a likelihood is no number
   */
  static PairSums of(
      LatentLikelihood likelihood, Lattice lattice, int level, long[] pairs, IntConsumer progress) {
    var sums = new PairSums(level, lattice.children(level), pairs);
    int[] firstOfTile =
        IntStream.range(0, pairs.length)
            .filter(i -> i == 0 || sums.tile(i) != sums.tile(i - 1))
            .toArray();
    Queue<Room> rooms = new ConcurrentLinkedQueue<>();
    int group = Math.max(1, likelihood.batch() / lattice.points(level));
    for (int first = 0; first < firstOfTile.length; first += group) {
      int from = first;
      int to = Math.min(first + group, firstOfTile.length);
      var points = new Points(lattice, level, to - from);
      for (int t = from; t < to; t++) {
        points.set(t - from, sums.tile(firstOfTile[t]));
      }
      likelihood.decode(points.z);
      IntStream.range(from, to)
          .parallel()
          .forEach(
              t -> {
                Room free = rooms.poll();
                Room room = free == null ? new Room(likelihood, lattice, level) : free;
                int end = t + 1 < firstOfTile.length ? firstOfTile[t + 1] : pairs.length;
                room.sum(sums, firstOfTile[t], end, points, t - from);
                rooms.add(room);
              });
      progress.accept(to < firstOfTile.length ? firstOfTile[to] : pairs.length);
    }
    return sums;
  }

  /** Sums of more pairs of the same level behind these. */
  PairSums with(PairSums others) {
    long[] all = Arrays.copyOf(pairs, pairs.length + others.pairs.length);
    System.arraycopy(others.pairs, 0, all, pairs.length, others.pairs.length);
    var joined = new PairSums(level, parts, all);
    copyTo(joined, 0);
    others.copyTo(joined, pairs.length);
    return joined;
  }

  private void copyTo(PairSums joined, int at) {
    System.arraycopy(sum, 0, joined.sum, at, sum.length);
    System.arraycopy(partSum, 0, joined.partSum, at * parts, partSum.length);
    System.arraycopy(largest, 0, joined.largest, at, largest.length);
    if (logJoint != null) {
      System.arraycopy(logJoint, 0, joined.logJoint, at, logJoint.length);
    }
  }

  int level() {
    return level;
  }

  int size() {
    return pairs.length;
  }

  /** A copy of the pairs, in the order of what is summed. */
  long[] pairs() {
    return pairs.clone();
  }

  long tile(int i) {
    return pairs[i] >>> IMAGE_BITS;
  }

  int image(int i) {
    return (int) (pairs[i] & MAX_IMAGES - 1);
  }

  /** Log of what a pair's tile holds, nats; minus infinity for nothing. */
  double sum(int i) {
    return sum[i];
  }

  /** The same of what one of the tile's children will be in the place of. */
  float sum(int i, int part) {
    return partSum[i * parts + part];
  }

  /** log p(x|z) p(z) at each point of a pair's tile, of a finer level than the coarsest. */
  float[] logJoint(int i) {
    return logJoint[i];
  }

  /** (images) log of what all of an image's tiles hold. */
  double[] totals(int images) {
    double[] most = mosts(sum, images);
    double[] total = new double[images];
    for (int i = 0; i < sum.length; i++) {
      if (sum[i] > most[image(i)] - NEGLIGIBLE) {
        total[image(i)] += Math.exp(sum[i] - most[image(i)]);
      }
    }
    for (int image = 0; image < images; image++) {
      total[image] = most[image] + Math.log(total[image]);
    }
    return total;
  }

  /** (images) log of p(x|z) p(z) at the point where it is largest. */
  double[] peaks(int images) {
    return mosts(largest, images);
  }

  private double[] mosts(double[] of, int images) {
    double[] most = new double[images];
    Arrays.fill(most, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < of.length; i++) {
      most[image(i)] = Math.max(most[image(i)], of[i]);
    }
    return most;
  }

  /** Tiles that are decoded together. */
  private static final class Points {
    private final Lattice lattice;
    private final int level;
    private final double[] z;
    private final double[] logPrior;

    Points(Lattice lattice, int level, int tiles) {
      this.lattice = lattice;
      this.level = level;
      logPrior = new double[tiles * lattice.points(level)];
      z = new double[logPrior.length * lattice.dimensions()];
    }

    void set(int place, long tile) {
      lattice.points(level, tile, z, logPrior, place * lattice.points(level));
    }
  }

  /** What a thread has of its own. */
  private static final class Room {
    private final double logVolume;
    private final LatentLikelihood.Tile tile;
    private final double[] logJoint;
    private final int[] part;
    private final double[] partSum;

    Room(LatentLikelihood likelihood, Lattice lattice, int level) {
      logVolume = lattice.logVolume(level);
      int points = lattice.points(level);
      tile = likelihood.tile(points);
      logJoint = new double[points];
      part = new int[points];
      Arrays.setAll(part, point -> lattice.part(level, point));
      partSum = new double[lattice.children(level)];
    }

    /** Sums pairs up, all of the tile that has this place among the points. */
    void sum(PairSums sums, int first, int end, Points points, int place) {
      int firstPoint = place * logJoint.length;
      tile.take(firstPoint);
      for (int i = first; i < end; i++) {
        tile.score(sums.image(i), logJoint);
        double most = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < logJoint.length; p++) {
          logJoint[p] += points.logPrior[firstPoint + p];
          // NaN too: it is larger than all others here.
          most = Math.max(most, logJoint[p]);
        }
        if (Double.isNaN(most) || most == Double.POSITIVE_INFINITY) {
          int latent = points.lattice.dimensions();
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "The decoder's likelihood of an image is no number at or near z = %s, so it has"
                      + " no integral.",
                  Arrays.toString(
                      Arrays.copyOfRange(
                          points.z, firstPoint * latent, (firstPoint + 1) * latent))));
        }
        sums.largest[i] = most;
        if (sums.level > 0) {
          sums.logJoint[i] = new float[logJoint.length];
          for (int p = 0; p < logJoint.length; p++) {
            sums.logJoint[i][p] = (float) logJoint[p];
          }
        }
        sums.sum[i] = logVolume + logSum(most);
        for (int part = 0; part < partSum.length; part++) {
          sums.partSum[i * partSum.length + part] =
              (float) (logVolume + most + Math.log(partSum[part]));
        }
      }
    }

    /** Log of the sum over the points; of each part's, the sum itself, in units of the largest. */
    private double logSum(double most) {
      Arrays.fill(partSum, 0);
      if (most == Double.NEGATIVE_INFINITY) {
        return most;
      }
      for (int p = 0; p < logJoint.length; p++) {
        if (logJoint[p] > most - NEGLIGIBLE) {
          partSum[part[p]] += Math.exp(logJoint[p] - most);
        }
      }
      return most + Math.log(Arrays.stream(partSum).sum());
    }
  }
}
