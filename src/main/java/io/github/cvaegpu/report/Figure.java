// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.train.AtomicFile;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.ImageHandlerBase64Encoder;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.apache.batik.svggen.SVGGraphics2DIOException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * A picture of a report, painted once for PNG and once for SVG by the same code. The same figure
 * has the same bytes each time.
 */
public abstract class Figure {
  /** Pixels of a PNG for one of the figure's: text stays crisp on fine screens and in print. */
  private static final int SCALE = 2;

  private static final String SVG = "http://www.w3.org/2000/svg";

  private final String title;
  private final int width;
  private final int height;

  /**
   * @param title what it shows
   * @param width in pixels at which text has its natural size
   * @param height the same
   */
  protected Figure(String title, int width, int height) {
    this.title = title;
    this.width = width;
    this.height = height;
  }

  /** What it shows. */
  public final String title() {
    return title;
  }

  /** Width in pixels at which text has its natural size. */
  public final int width() {
    return width;
  }

  /** Height in pixels at which text has its natural size. */
  public final int height() {
    return height;
  }

  /** Paints the figure from (0, 0) to (width, height), on the theme's paper. */
  protected abstract void paint(Graphics2D graphics, Theme theme);

  /**
   * The figure as a PNG.
   *
   * @throws InputException if the machine has no fonts to write with
   */
  public final byte[] png() {
    return png(Theme.LIGHT);
  }

  /**
   * The figure as a PNG, light or dark. Pictures in it are the same in both.
   *
   * @throws InputException if the machine has no fonts to write with
   */
  public final byte[] png(Theme theme) {
    Fonts.require();
    var image = new BufferedImage(SCALE * width, SCALE * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.scale(SCALE, SCALE);
    paintOnPaper(graphics, theme);
    graphics.dispose();
    var bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * The figure as an SVG document.
   *
   * @throws InputException if the machine has no fonts to write with
   */
  public final String svg() {
    Fonts.require();
    try {
      Document document =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .getDOMImplementation()
              .createDocument(SVG, "svg", null);
      SVGGeneratorContext context = SVGGeneratorContext.createDefault(document);
      context.setComment(null);
      context.setImageHandler(new EmbeddedPng());
      var graphics = new SVGGraphics2D(context, false);
      graphics.setSVGCanvasSize(new Dimension(width, height));
      paintOnPaper(graphics, Theme.LIGHT);
      Element root = graphics.getRoot();
      Element name = document.createElementNS(SVG, "title");
      name.setTextContent(title);
      root.insertBefore(name, root.getFirstChild());
      var out = new StringWriter();
      graphics.stream(root, out, true, false);
      return out.toString();
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  final void paintOnPaper(Graphics2D graphics, Theme theme) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    // What the text's sizes are measured by must not depend on the machine's screen.
    graphics.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.setColor(theme.paper());
    graphics.fillRect(0, 0, width, height);
    paint(graphics, theme);
  }

  /**
   * Writes NAME.png and NAME.svg.
   *
   * @param folder made if absent
   * @param name without an ending
   * @return what is in the PNG file
   * @throws InputException if they cannot be written, or the machine has no fonts to write with
   */
  public final byte[] write(Path folder, String name) {
    byte[] png = png();
    write(folder.resolve(name + ".png"), png);
    write(folder.resolve(name + ".svg"), svg().getBytes(StandardCharsets.UTF_8));
    return png;
  }

  static void write(Path file, byte[] content) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      AtomicFile.replace(file, out -> out.write(content));
    } catch (IOException e) {
      throw new UnwritableException(
          "%s cannot be written: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /** Images inside the document, written by the JDK: Batik's own writers are a library more. */
  private static final class EmbeddedPng extends ImageHandlerBase64Encoder {
    @Override
    public void encodeImage(RenderedImage image, OutputStream out) throws SVGGraphics2DIOException {
      try {
        ImageIO.write(image, "png", out);
      } catch (IOException e) {
        throw new SVGGraphics2DIOException(e.getMessage(), e);
      }
    }
  }
}
