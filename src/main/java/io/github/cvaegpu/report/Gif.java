// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/** Animated GIFs that never end. */
final class Gif {
  private static final int CENTISECONDS = 8;

  private Gif() {}

  /**
   * An animation.
   *
   * @param frames of one size, shown one after the other; read once
   */
  static byte[] of(Iterable<BufferedImage> frames) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    var bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (BufferedImage frame : frames) {
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
