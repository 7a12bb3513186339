// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.model;

import java.util.Locale;

/** What the pixels of an image stand for: the network's inputs, and what it is to reconstruct. */
public enum Targets {
  /** Intensities as they are, v / 255. */
  GREY {
    @Override
    public double of(int pixel) {
      return pixel / 255.0;
    }
  },

  /**
   * Black or white, drawn with the intensity as the probability of white: a training image anew
   * before each epoch, one that is only looked at once for all. Engines are given the images that
   * were drawn.
   */
  BINARIZED {
    @Override
    public double of(int pixel) {
      return GREY.of(pixel);
    }

    @Override
    public boolean isDrawn() {
      return true;
    }

    // Of the bytes 0 and 255 the kernels of grey pixels make 0 and 1.
    @Override
    public String text() {
      return GREY.text();
    }
  };

  /** Number of values that a pixel can have. */
  public static final int LEVELS = 256;

  /**
   * The target of a pixel.
   *
   * @param pixel its value, from 0, black, to 255, white
   * @return from 0 to 1; of a black pixel 0, which engines skip
   */
  public abstract double of(int pixel);

  /** The target of every value of a pixel, rounded once to what engines compute in. */
  public float[] table() {
    float[] table = new float[LEVELS];
    for (int v = 0; v < table.length; v++) {
      table[v] = (float) of(v);
    }
    return table;
  }

  /**
   * Whether pixels are drawn with their intensities as the probabilities of white: then engines
   * take images in black and white alone.
   */
  public boolean isDrawn() {
    return false;
  }

  /** Its name in kernels. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
