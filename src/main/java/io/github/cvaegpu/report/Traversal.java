// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.model.Decoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/**
 * An animated GIF of what a model draws as one latent dimension after the other goes from -3 to 3
 * and back: a column a starting point, a row a dimension, all rows at once.
 */
public final class Traversal {
  private static final float REACH = 3;
  private static final int STEPS = 24;
  private static final int SCALE = 2;
  private static final int GAP = 3;
  private static final int CENTISECONDS = 8;

  /** Rows, for a model with more dimensions than can be looked at. */
  private static final int MAX_DIMENSIONS = 8;

  private final Decoder decoder;
  private final List<float[]> points;
  private final List<Integer> dimensions;
  private final int height;
  private final int width;

  /**
   * @param decoder of the model
   * @param points where each column starts, (latent)
   * @param dimensions the rows; no more than eight are drawn
   * @param height rows of an image
   * @param width columns of an image
   */
  public Traversal(
      Decoder decoder, List<float[]> points, List<Integer> dimensions, int height, int width) {
    this.decoder = decoder;
    this.points = List.copyOf(points);
    this.dimensions =
        List.copyOf(dimensions.subList(0, Math.min(MAX_DIMENSIONS, dimensions.size())));
    this.height = height;
    this.width = width;
  }

  /** Writes the animation. */
  public void write(Path file) {
    Figure.write(file, gif());
  }

  /** The animation. */
  private byte[] gif() {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    var bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (int step = 0; step < 2 * STEPS; step++) {
        BufferedImage frame = frame(position(step));
        writer.writeToSequence(new IIOImage(frame, null, metadata(writer, frame)), null);
      }
      writer.endWriteSequence();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** There and back: -3, ..., 3, ..., just above -3. */
  static float position(int step) {
    int there = step <= STEPS ? step : 2 * STEPS - step;
    return -REACH + 2 * REACH * there / STEPS;
  }

  private BufferedImage frame(float value) {
    int cellWidth = width * SCALE + GAP;
    int cellHeight = height * SCALE + GAP;
    var frame =
        new BufferedImage(
            points.size() * cellWidth - GAP,
            dimensions.size() * cellHeight - GAP,
            BufferedImage.TYPE_BYTE_GRAY);
    frame.getRaster(); // Black, which the gaps stay.
    for (int d = 0; d < dimensions.size(); d++) {
      for (int p = 0; p < points.size(); p++) {
        float[] z = points.get(p).clone();
        z[dimensions.get(d)] = value;
        BufferedImage image = ImageGridFigure.enlarged(decoder.decode(z), height, width, SCALE);
        frame.getRaster().setRect(p * cellWidth, d * cellHeight, image.getRaster());
      }
    }
    return frame;
  }

  /** Of each frame its time, and of the first how often all are shown: for ever. */
  private static IIOMetadata metadata(ImageWriter writer, BufferedImage frame) throws IOException {
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(frame), null);
    String format = metadata.getNativeMetadataFormatName();
    var root = (IIOMetadataNode) metadata.getAsTree(format);
    var control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("transparentColorIndex", "0");
    control.setAttribute("delayTime", Integer.toString(CENTISECONDS));
    root.appendChild(control);
    var loop = new IIOMetadataNode("ApplicationExtension");
    loop.setAttribute("applicationID", "NETSCAPE");
    loop.setAttribute("authenticationCode", "2.0");
    // Sub-block 1, then how often as two bytes: 0 is without end.
    loop.setUserObject("\u0001\u0000\u0000".getBytes(StandardCharsets.ISO_8859_1));
    var extensions = new IIOMetadataNode("ApplicationExtensions");
    extensions.appendChild(loop);
    root.appendChild(extensions);
    metadata.setFromTree(format, root);
    return metadata;
  }
}
