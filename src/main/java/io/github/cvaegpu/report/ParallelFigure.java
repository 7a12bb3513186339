// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.report.Axes.Axis;
import io.github.cvaegpu.report.Axes.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Comparator;
import java.util.List;

/** Runs as lines across parallel axes, in colours of one of them, the most wanted ones on top. */
public final class ParallelFigure extends Figure {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 520;
  private static final int SIDE = 80;
  private static final int TOP = 100;
  private static final int BOTTOM = 40;
  private static final int TEXT = 13;
  private static final int TITLE = 16;
  private static final int GAP = 6;
  private static final int OPAQUE = 190;
  private static final float LINE = 1.3f;

  /** An axis needs so much of the width, in which its numbers are written. */
  private static final int LEAST = 110;

  private final Axes axes;

  /**
   * @param title of the figure
   * @param axes of the runs
   */
  public ParallelFigure(String title, Axes axes) {
    super(title, Math.max(WIDTH, 2 * SIDE + LEAST * (axes.axes().size() - 1)), HEIGHT);
    this.axes = axes;
  }

  @Override
  protected void paint(Graphics2D graphics, Theme theme) {
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(theme.ink());
    graphics.setFont(Fonts.fitting(Font.BOLD, TITLE, title(), width() - 2 * SIDE));
    centred(graphics, title(), width() / 2.0, 38);
    paintLines(graphics, theme);
    for (int a = 0; a < axes.axes().size(); a++) {
      paintAxis(graphics, a, theme);
    }
  }

  private void paintLines(Graphics2D graphics, Theme theme) {
    // Those without the colour's value first, in the grid's colour.
    List<Point> sorted =
        axes.points().stream()
            .sorted(Comparator.comparingDouble(point -> orLeast(wanted(point))))
            .toList();
    graphics.setStroke(new BasicStroke(LINE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    for (Point point : sorted) {
      double wanted = wanted(point);
      Color colour = Double.isFinite(wanted) ? Palette.ramp(wanted, theme) : theme.frame();
      graphics.setColor(new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), OPAQUE));
      graphics.draw(line(point));
    }
  }

  private double wanted(Point point) {
    return axes.wanted(axes.colour(), point);
  }

  private static double orLeast(double value) {
    return Double.isFinite(value) ? value : -1;
  }

  /** With a gap where a run has no value. */
  private Path2D line(Point point) {
    var path = new Path2D.Double();
    boolean isDown = false;
    for (int a = 0; a < axes.axes().size(); a++) {
      double place = axes.place(a, point);
      if (!Double.isFinite(place)) {
        isDown = false;
      } else if (isDown) {
        path.lineTo(x(a), y(place));
      } else {
        path.moveTo(x(a), y(place));
        isDown = true;
      }
    }
    return path;
  }

  private double x(int axis) {
    int gaps = axes.axes().size() - 1;
    return gaps == 0 ? width() / 2.0 : SIDE + (width() - 2.0 * SIDE) * axis / gaps;
  }

  private static double y(double place) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * place;
  }

  private void paintAxis(Graphics2D graphics, int number, Theme theme) {
    Axis axis = axes.axes().get(number);
    double x = x(number);
    graphics.setColor(theme.ink());
    graphics.setStroke(new BasicStroke(number == axes.colour() ? 2.4f : 1f));
    graphics.draw(new Line2D.Double(x, y(1), x, y(0)));
    int room = (int) Math.min(2 * SIDE, width() / (double) axes.axes().size()) - GAP;
    graphics.setFont(
        Fonts.fitting(number == axes.colour() ? Font.BOLD : Font.PLAIN, TEXT, axis.name(), room));
    centred(graphics, axis.name(), x, TOP - 24);
    graphics.setFont(Fonts.font(Font.PLAIN, TEXT - 1));
    double low = axes.low(number);
    double range = axes.high(number) - low;
    double below = Double.POSITIVE_INFINITY;
    for (double mark : axes.marks(number)) {
      double place = range > 0 ? (mark - low) / range : 0.5;
      // Of values that lie close together the lowest has its number.
      if (below - y(place) >= TEXT) {
        label(graphics, axes.text(number, mark), x, place, theme);
        below = y(place);
      }
    }
  }

  /** Right of the axis, on a veil, so that lines do not cross it out. */
  private static void label(Graphics2D graphics, String text, double x, double place, Theme theme) {
    var box = graphics.getFont().getStringBounds(text, graphics.getFontRenderContext());
    double y = y(place) + box.getHeight() / 2 - 3;
    graphics.setColor(theme.veil());
    graphics.fill(
        new Rectangle2D.Double(
            x + 3, y - box.getHeight() + 3, box.getWidth() + 4, box.getHeight()));
    graphics.setColor(theme.ink());
    graphics.drawString(text, (float) x + 5, (float) y);
  }

  private static void centred(Graphics2D graphics, String text, double x, double y) {
    double width =
        graphics.getFont().getStringBounds(text, graphics.getFontRenderContext()).getWidth();
    graphics.drawString(text, (float) (x - width / 2), (float) y);
  }
}
