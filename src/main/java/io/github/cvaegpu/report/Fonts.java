// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.util.Optional;

/**
 * Whether the machine has fonts. A Java runtime brings none for Linux, and fails with one of
 * several errors where neither the machine does: it is asked once, before anything is drawn.
 */
public final class Fonts {
  private static final String REMEDY =
      "figures need fonts, and this machine has none that Java finds: install the packages"
          + " fontconfig and fonts-dejavu-core (Debian, Ubuntu) or fontconfig and dejavu-sans-fonts"
          + " (Fedora)";

  private static final Optional<String> PROBLEM = probe();

  private Fonts() {}

  /** Why figures cannot be drawn, without a full stop; empty if they can. */
  public static Optional<String> problem() {
    return PROBLEM;
  }

  static void require() {
    if (PROBLEM.isPresent()) {
      String text = PROBLEM.get();
      throw new InputException(Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".");
    }
  }

  private static Optional<String> probe() {
    // There is nothing to show figures on, and a server has no screen.
    System.setProperty("java.awt.headless", "true");
    try {
      var image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
      var graphics = image.createGraphics();
      graphics.setFont(font(Font.PLAIN, 12));
      boolean hasLetters = graphics.getFontMetrics().stringWidth("KL") > 0;
      graphics.drawString("KL", 0, 0);
      graphics.dispose();
      return hasLetters ? Optional.empty() : Optional.of(REMEDY);
    } catch (RuntimeException | Error e) {
      // InternalError, NullPointerException, NoClassDefFoundError or UnsatisfiedLinkError, by what
      // is missing.
      return Optional.of(REMEDY + " (%s)".formatted(e));
    }
  }

  /** The largest font, of a size at most, in which a line is no wider than it may be. */
  static Font fitting(int style, int size, String line, int width) {
    Font font = font(style, size);
    double needed = font.getStringBounds(line, new FontRenderContext(null, true, true)).getWidth();
    return needed <= width ? font : font.deriveFont((float) (size * width / needed));
  }

  static Font font(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }
}
