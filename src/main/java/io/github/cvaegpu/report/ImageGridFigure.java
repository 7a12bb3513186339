// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** Rows of small grey images, enlarged without smoothing, each row with a name. */
public final class ImageGridFigure extends Figure {
  private static final int TITLE_SPACE = 44;
  private static final int LETTER = 9; // Pixels at most, of nearly all letters at this size.
  private static final int LONGEST_NAME = 32;
  private static final int BORDER = 16;
  private static final int TITLE_SIZE = 16;
  private static final int NAME_SIZE = 14;
  private static final int NAME_SPACE = 20;

  /**
   * A row.
   *
   * @param name at its left; empty for none
   * @param images intensities from 0, black, to 1, white, row by row
   */
  public record Row(String name, List<float[]> images) {
    /** Copies the list. */
    public Row {
      images = List.copyOf(images);
    }
  }

  /**
   * How images are laid out.
   *
   * @param height rows of an image
   * @param width columns of an image
   * @param scale pixels of the figure for one of an image
   * @param gap pixels between images
   */
  public record Cells(int height, int width, int scale, int gap) {}

  private final Cells cells;
  private final List<Row> rows;
  private final int nameSpace;

  /**
   * @param title of the figure
   * @param cells how images are laid out
   * @param rows one or more, each with the same number of images
   */
  public ImageGridFigure(String title, Cells cells, List<Row> rows) {
    super(
        title,
        2 * BORDER + nameSpace(rows) + extent(columns(rows), cells.width, cells),
        2 * BORDER + TITLE_SPACE + rows.size() * rowSpace(rows, cells) - cells.gap);
    this.cells = cells;
    this.rows = List.copyOf(rows);
    nameSpace = nameSpace(rows);
  }

  private static int columns(List<Row> rows) {
    return rows.getFirst().images.size();
  }

  private static int nameSpace(List<Row> rows) {
    int longest = rows.stream().mapToInt(row -> row.name.length()).max().orElse(0);
    return longest == 0 ? 0 : BORDER + LETTER * Math.min(LONGEST_NAME, longest);
  }

  /** From one row to the next; images may be lower than the names beside them. */
  private static int rowSpace(List<Row> rows, Cells cells) {
    int images = cells.height * cells.scale;
    return cells.gap + (nameSpace(rows) == 0 ? images : Math.max(images, NAME_SPACE));
  }

  /** The end of a name tells it apart. */
  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME
        ? name
        : "\u2026" + name.substring(name.length() - LONGEST_NAME + 1);
  }

  private static int extent(int count, int pixels, Cells cells) {
    return count * pixels * cells.scale + (count - 1) * cells.gap;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    graphics.setColor(theme.ink());
    graphics.setFont(Fonts.fitting(Font.BOLD, TITLE_SIZE, title(), width() - 2 * BORDER));
    graphics.drawString(title(), BORDER, BORDER + TITLE_SIZE + 4);
    for (int r = 0; r < rows.size(); r++) {
      int y = BORDER + TITLE_SPACE + r * rowSpace(rows, cells);
      graphics.setColor(theme.ink());
      graphics.setFont(Fonts.font(Font.PLAIN, NAME_SIZE));
      FontMetrics metrics = graphics.getFontMetrics();
      graphics.drawString(
          shortened(rows.get(r).name),
          BORDER,
          y + (cells.height * cells.scale + metrics.getAscent() - metrics.getDescent()) / 2);
      for (int c = 0; c < rows.get(r).images.size(); c++) {
        int x = BORDER + nameSpace + c * (cells.width * cells.scale + cells.gap);
        BufferedImage image =
            enlarged(rows.get(r).images.get(c), cells.height, cells.width, cells.scale);
        graphics.drawImage(image, x, y, null);
      }
    }
  }

  /** An image in which every pixel is a square. */
  static BufferedImage enlarged(float[] pixels, int height, int width, int scale) {
    var image = new BufferedImage(width * scale, height * scale, BufferedImage.TYPE_BYTE_GRAY);
    byte[] row = new byte[width * scale];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < row.length; x++) {
        // A mean of a Gaussian may be outside.
        row[x] = (byte) Math.round(255 * Math.clamp(pixels[y * width + x / scale], 0f, 1f));
      }
      for (int i = 0; i < scale; i++) {
        // The raster's own values: grey is linear in Java's colour model of this type.
        image.getRaster().setDataElements(0, y * scale + i, row.length, 1, row);
      }
    }
    return image;
  }
}
