// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

/** Images trained and the time that it took. */
final class Speed {
  private long images;
  private long nanos;

  void add(long moreImages, long moreNanos) {
    images += moreImages;
    nanos += moreNanos;
  }

  void reset() {
    images = 0;
    nanos = 0;
  }

  /** NaN where nothing was trained. */
  double imagesPerSecond() {
    return nanos == 0 ? Double.NaN : images * 1e9 / nanos;
  }
}
