// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import java.util.Locale;

/**
 * The size of an image.
 *
 * @param height rows
 * @param width columns
 */
public record ImageSize(int height, int width) {
  /** Refuses an image of no pixels, with an {@link InputException}: it may come from a file. */
  public ImageSize {
    if (height < 1 || width < 1 || (long) height * width > Integer.MAX_VALUE) {
      throw new InputException(
          String.format(Locale.ROOT, "There are no images of %d x %d pixels.", height, width));
    }
  }

  /** Number of pixels. */
  public int pixels() {
    return height * width;
  }
}
