// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG or JPEG file, and its picture in 8-bit grey.
 *
 * <p>Grey comes of the values that the file stores, whatever colour profile, gamma or orientation
 * (EXIF) it names beside them: Y = (19595 R + 38470 G + 7471 B) / 65536, the luma of ITU-R BT.601
 * with the weights that Pillow's {@code convert("L")} has; where R = G = B it is that value. A
 * picture with an alpha channel lies on black: Y a. Values of 16 bits go to 8 by v / 257. There is
 * one rounding, to the nearest, at the end.
 */
final class Picture {
  /** A larger file is no picture to learn from. */
  private static final int MAX_FILE = 1 << 28;

  private static final long MAX_PIXELS = 1 << 26;
  private static final int RED = 19_595;
  private static final int GREEN = 38_470;
  private static final int BLUE = 7_471;
  private static final int UNIT = RED + GREEN + BLUE;

  private final PictureFile file;

  private Picture(PictureFile file) {
    this.file = file;
  }

  /**
   * Reads a file, but does not decode it yet.
   *
   * @throws Refusal if it cannot be read, or is damaged as far as that shows without decoding it
   */
  static Picture open(Path path) throws Refusal {
    byte[] bytes;
    try {
      bytes = RegularFile.readAllBytes(path, Links.FOLLOWED, MAX_FILE);
    } catch (InputException e) {
      throw new Refusal(afterPath(e.phrase(), path));
    } catch (NoSuchFileException e) {
      throw new Refusal(RegularFile.isTaken(path) ? "is a link to nothing" : "does not exist");
    } catch (AccessDeniedException e) {
      throw new Refusal("may not be read by this user");
    } catch (IOException e) {
      throw new Refusal("cannot be read (%s)".formatted(e.getMessage()));
    }
    PictureFile file = PictureFile.of(bytes, path.getFileName().toString());
    if ((long) file.height() * file.width() > MAX_PIXELS) {
      throw new Refusal(
          String.format(
              Locale.ROOT,
              "has %d x %d pixels, and no more than %,d of a picture are read",
              file.height(),
              file.width(),
              MAX_PIXELS));
    }
    return new Picture(file);
  }

  private static String afterPath(String phrase, Path path) {
    String start = path + " ";
    return phrase.startsWith(start) ? phrase.substring(start.length()) : phrase;
  }

  /** Its size. */
  ImageSize size() {
    return new ImageSize(file.height(), file.width());
  }

  /**
   * Decodes it.
   *
   * @return unsigned bytes, (row, column) with the column fastest
   * @throws Refusal if it is damaged
   */
  byte[] grey() throws Refusal {
    List<String> problems = new ArrayList<>();
    BufferedImage image = decoded(problems);
    if (!problems.isEmpty()) {
      // What is missing was filled with grey.
      throw new Refusal("is damaged: its decoder says \"%s\"".formatted(problems.getFirst()));
    }
    if (image.getHeight() != file.height() || image.getWidth() != file.width()) {
      throw new Refusal("is damaged: its decoder finds another size in it than its header has");
    }
    return grey(image);
  }

  private BufferedImage decoded(List<String> problems) throws Refusal {
    ImageReader reader = ImageIO.getImageReadersByFormatName(file.format().name()).next();
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file.decodable()))) {
      reader.addIIOReadWarningListener((source, warning) -> problems.add(warning));
      reader.setInput(in, true, true);
      return reader.read(0);
    } catch (IOException e) {
      throw new Refusal("is damaged: its decoder says \"%s\"".formatted(e.getMessage()));
    } catch (RuntimeException e) {
      // A decoder that meets what it did not expect throws whatever that leads to.
      throw new Refusal("is damaged: its decoder can make nothing of it");
    } finally {
      reader.dispose();
    }
  }

  private static byte[] grey(BufferedImage image) throws Refusal {
    Raster raster = image.getRaster();
    int height = raster.getHeight();
    int width = raster.getWidth();
    var palette = image.getColorModel() instanceof IndexColorModel indexed ? indexed : null;
    int bands = raster.getNumBands();
    boolean isWide = raster.getTransferType() == DataBuffer.TYPE_USHORT;
    if (bands > 4 || (!isWide && raster.getTransferType() != DataBuffer.TYPE_BYTE)) {
      throw new Refusal("has values of a kind that is not read");
    }
    int max = isWide ? 0xFFFF : 0xFF;
    byte[] grey = new byte[height * width];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        grey[y * width + x] =
            palette != null ? ofPalette(palette.getRGB(row[x])) : of(row, x * bands, bands, max);
      }
    }
    return grey;
  }

  private static byte ofPalette(int argb) {
    return rounded(luma(argb >>> 16 & 0xFF, argb >>> 8 & 0xFF, argb & 0xFF), argb >>> 24, 0xFF);
  }

  /** Bands are grey, grey and alpha, colours, or colours and alpha. */
  private static byte of(int[] row, int at, int bands, int max) {
    long luma = bands < 3 ? (long) UNIT * row[at] : luma(row[at], row[at + 1], row[at + 2]);
    return rounded(luma, bands % 2 == 0 ? row[at + bands - 1] : max, max);
  }

  private static long luma(int red, int green, int blue) {
    return (long) RED * red + (long) GREEN * green + (long) BLUE * blue;
  }

  /**
   * A luma on black, in 8 bits.
   *
   * @param luma times {@value #UNIT}
   * @param alpha from 0 to max
   * @param max the largest value of a band
   */
  private static byte rounded(long luma, int alpha, int max) {
    // At most 2^56: it fits.
    long numerator = luma * alpha * 0xFF;
    long denominator = (long) UNIT * max * max;
    return (byte) ((2 * numerator + denominator) / (2 * denominator));
  }
}
