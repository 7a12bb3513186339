// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How the user's own images are read: what decides, beside the bytes, which images they are. It
 * goes with the path wherever that goes, into {@code run.json} and checkpoints too.
 *
 * @param testPart {@code --test-part}: which part of images that have no test images is held out,
 *     above 0 and below 1; 0 where it was not asked for
 * @param resize {@code --resize}: the size that images are scaled to; null where it was not asked
 *     for
 * @param skipUnreadable {@code --skip-unreadable}: whether pictures that cannot be read are left
 *     out
 */
public record Reading(double testPart, ImageSize resize, boolean skipUnreadable) {
  /** Images as they are, into the parts that they have. */
  public static final Reading PLAIN = new Reading(0, null, false);

  /** Refuses what cannot be read so, with an {@link InputException}: it may come from a file. */
  public Reading {
    if (testPart != 0) {
      requireTestPart(testPart);
    }
    if (resize != null && resize.pixels() > VaeShape.MAX_WIDTH) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--resize must make images of %,d pixels at most, not of %d x %d.",
              VaeShape.MAX_WIDTH,
              resize.height(),
              resize.width()));
    }
  }

  /**
   * Refuses what is no part to hold out.
   *
   * @throws InputException if it is not above 0 and below 1
   */
  public static void requireTestPart(double part) {
    if (!(part > 0 && part < 1)) {
      throw new InputException("--test-part must be above 0 and below 1, not %s.".formatted(part));
    }
  }

  /** Whether nothing was asked for. */
  public boolean isPlain() {
    return equals(PLAIN);
  }

  /** What is recorded of it: null if nothing was asked for. */
  public Reading recorded() {
    return isPlain() ? null : this;
  }

  /** What was recorded; see {@link #recorded()}. */
  public static Reading ofRecord(Reading recorded) {
    return recorded == null ? PLAIN : recorded;
  }

  /** The options that were given, for sentences: none, one, or some with "and" between. */
  String options() {
    List<String> given = new ArrayList<>();
    if (testPart != 0) {
      given.add("--test-part");
    }
    if (resize != null) {
      given.add("--resize");
    }
    if (skipUnreadable) {
      given.add("--skip-unreadable");
    }
    return String.join(" and ", given);
  }

  /**
   * Refuses the scaling of images that are read as they are.
   *
   * @param what is read, e.g. "/a is a folder of IDX files"
   */
  void requireNoResize(String what) {
    if (resize != null) {
      throw new InputException(
          "--resize is for pictures and for NPY and NPZ files, but %s.".formatted(what));
    }
  }

  /**
   * Refuses to leave out what is unreadable of one file.
   *
   * @param what is read, e.g. "/a is a folder of IDX files"
   */
  void requireNoSkipping(String what) {
    if (skipUnreadable) {
      throw new InputException(
          "--skip-unreadable is for folders of pictures, but %s.".formatted(what));
    }
  }
}
