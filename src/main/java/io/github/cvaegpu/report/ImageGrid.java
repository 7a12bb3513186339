// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/**
 * Grey images side by side, each pixel a square, with black between them: a picture without words,
 * which needs no fonts.
 *
 * @param height rows of an image
 * @param width columns of an image
 * @param scale pixels of the picture for one of an image
 * @param gap pixels between images
 */
public record ImageGrid(int height, int width, int scale, int gap) {
  /** About so wide and high a picture is made. */
  private static final int LARGE = 1000;

  /** Most pixels of a picture: what one takes of memory, and most programs open. */
  private static final long MAX_PIXELS = 200_000_000;

  /** Longest side, as GIF has 16 bits for it. */
  private static final int MAX_SIDE = 0xFFFF;

  private static final int LARGEST_SCALE = 8;
  private static final int GAP = 3;

  /**
   * A grid whose pictures are as large as can be looked at at once.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param columns images side by side
   * @param rows of them
   */
  public static ImageGrid fitting(int height, int width, int columns, int rows) {
    long largest = Math.max((long) columns * width, (long) rows * height);
    return new ImageGrid(height, width, Math.clamp(LARGE / largest, 1, LARGEST_SCALE), GAP);
  }

  /**
   * The picture.
   *
   * @param images intensities from 0, black, to 1, white, row by row; one or more
   * @param columns images side by side; the last row may have fewer
   * @throws InputException if the picture would be too large
   */
  public BufferedImage draw(List<float[]> images, int columns) {
    int rows = Math.ceilDiv(images.size(), columns);
    int cellWidth = width * scale + gap;
    int cellHeight = height * scale + gap;
    long wide = (long) columns * cellWidth - gap;
    long high = (long) rows * cellHeight - gap;
    if (wide * high > MAX_PIXELS || Math.max(wide, high) > MAX_SIDE) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A picture of %,d images of %d x %d pixels would be too large: %,d x %,d.",
              images.size(),
              height,
              width,
              high,
              wide));
    }
    var picture = new BufferedImage((int) wide, (int) high, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < images.size(); i++) {
      picture
          .getRaster()
          .setRect(
              i % columns * cellWidth,
              i / columns * cellHeight,
              enlarged(images.get(i)).getRaster());
    }
    return picture;
  }

  private BufferedImage enlarged(float[] image) {
    return ImageGridFigure.enlarged(image, height, width, scale);
  }

  /** A picture as a PNG. */
  public static byte[] png(BufferedImage picture) {
    var bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
