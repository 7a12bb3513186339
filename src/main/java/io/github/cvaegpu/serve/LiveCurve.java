// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * A curve that grows and takes the same room however long it gets: of each bucket of steps its
 * smallest and its largest value, so that no spike is lost. When all buckets are full, two become
 * one.
 */
final class LiveCurve {
  /** More than a chart has columns of pixels; even, so that pairs come out. */
  static final int BUCKETS = 2048;

  private final float[] smallest = new float[BUCKETS];
  private final float[] largest = new float[BUCKETS];
  private int bucket = 1;
  private int length;

  /** Adds the value of the next step. */
  void add(float value) {
    if (length == bucket * BUCKETS) {
      halve();
    }
    int at = length / bucket;
    boolean isFirst = length % bucket == 0;
    smallest[at] = isFirst ? value : Math.min(smallest[at], value);
    largest[at] = isFirst ? value : Math.max(largest[at], value);
    length++;
  }

  private void halve() {
    for (int i = 0; i < BUCKETS / 2; i++) {
      smallest[i] = Math.min(smallest[2 * i], smallest[2 * i + 1]);
      largest[i] = Math.max(largest[2 * i], largest[2 * i + 1]);
    }
    bucket *= 2;
  }

  void clear() {
    bucket = 1;
    length = 0;
  }

  /** Steps of a bucket. */
  int bucket() {
    return bucket;
  }

  /** Steps so far. */
  int length() {
    return length;
  }

  /** Buckets so far, the last perhaps not full. */
  private int buckets() {
    return Math.ceilDiv(length, bucket);
  }

  /**
   * Buckets as the page has them: base64 of little-endian floats.
   *
   * @param smallest value of each
   * @param largest value of each; null where a bucket is one step
   */
  record Packed(String smallest, String largest) {}

  /** Packs the buckets from one on. */
  Packed from(int first) {
    return new Packed(
        base64(smallest, first, buckets()), bucket == 1 ? null : base64(largest, first, buckets()));
  }

  private static String base64(float[] values, int from, int to) {
    ByteBuffer bytes =
        ByteBuffer.allocate((to - from) * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values, from, to - from);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
