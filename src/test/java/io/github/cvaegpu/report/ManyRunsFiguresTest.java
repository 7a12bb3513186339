// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.report.Axes.Axis;
import io.github.cvaegpu.report.Axes.Point;
import io.github.cvaegpu.report.Axes.Wanted;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;

class ManyRunsFiguresTest {
  private static final Axes AXES =
      new Axes(
          List.of(
              new Axis("lr", List.of(), true, Wanted.NEITHER),
              new Axis("hidden", List.of("a", "b", "c"), false, Wanted.NEITHER),
              new Axis("ELBO", List.of(), false, Wanted.HIGH),
              new Axis("error", List.of(), false, Wanted.LOW)),
          List.of(
              new Point("first", List.of(0.001, 0.0, -120.0, 0.5)),
              new Point("second", List.of(0.01, 2.0, -100.0, 0.1)),
              new Point("diverged", List.of(0.1, 1.0, Double.NaN, Double.NaN))),
          2);

  @BeforeAll
  static void needsFonts() {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
  }

  @Test
  void placesAreByTheAxis() {
    Point first = AXES.points().get(0);
    Point second = AXES.points().get(1);
    assertEquals(0, AXES.place(0, first), 1e-12);
    // Ratios: 0.01 is halfway from 0.001 to 0.1.
    assertEquals(0.5, AXES.place(0, second), 1e-12);
    assertEquals(1, AXES.place(1, second), 1e-12);
    assertEquals(1, AXES.wanted(2, second), 1e-12);
    // The smaller error is the wanted one.
    assertEquals(1, AXES.wanted(3, second), 1e-12);
    assertEquals(0, AXES.wanted(3, first), 1e-12);
    assertTrue(Double.isNaN(AXES.place(2, AXES.points().get(2))));
    assertThrows(IllegalArgumentException.class, () -> new Axes(AXES.axes(), List.of(), 4));
  }

  @Test
  void marksAreValuesWhereTheseAreFew() {
    assertEquals(List.of(-3.0, -2.0, -1.0), AXES.marks(0));
    assertEquals("0.01", AXES.text(0, -2));
    assertEquals(List.of(0.0, 1.0, 2.0), AXES.marks(1));
    assertEquals("c", AXES.text(1, 2));
    assertEquals(List.of(-120.0, -100.0), AXES.marks(2));
    List<Point> many =
        IntStream.range(0, 41)
            .mapToObj(i -> new Point("p" + i, List.of(i / 40.0 * 3.123456)))
            .toList();
    var axis = new Axis("x", List.of(), false, Wanted.NEITHER);
    var axes = new Axes(List.of(axis), many, 0);
    assertEquals(5, axes.marks(0).size());
    assertEquals("3.1", axes.text(0, axes.marks(0).getLast()));
  }

  @Test
  void oneValueIsInTheMiddle() {
    var axis = new Axis("x", List.of(), false, Wanted.HIGH);
    var axes = new Axes(List.of(axis), List.of(new Point("p", List.of(4.0))), 0);
    assertEquals(0.5, axes.place(0, axes.points().getFirst()));
    assertEquals(List.of(4.0), axes.marks(0));
    new ParallelFigure("one", axes).png();
    new ScatterFigure("one", axes, 0, 0).png();
  }

  private static Set<Integer> colours(Figure figure, Theme theme) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(figure.png(theme)));
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xFFFFFF);
      }
    }
    return colours;
  }

  /** Light and dark; a dot has the colour of its class's middle, and of no value the frame's. */
  @Test
  void dotsHaveColoursOfTheirClass() throws IOException {
    var figure = new ScatterFigure("t", AXES, 0, 1);
    for (Theme theme : Theme.values()) {
      Set<Integer> colours = colours(figure, theme);
      for (double wanted : new double[] {0.1, 0.9}) {
        assertTrue(
            colours.contains(Palette.ramp(wanted, theme).getRGB() & 0xFFFFFF),
            theme + " " + wanted);
      }
      assertTrue(colours.contains(theme.frame().getRGB() & 0xFFFFFF));
    }
    XYChart chart = figure.chart(Theme.LIGHT);
    assertEquals(
        Set.of("ELBO none", "ELBO -120 to -116", "ELBO -104 to -100", Charts.UNSEEN),
        chart.getSeriesMap().keySet());
    assertArrayEquals(
        new double[] {-2}, chart.getSeriesMap().get("ELBO -104 to -100").getXData(), 1e-12);
    assertEquals("0.01", chart.getStyler().getxAxisTickLabelsFormattingFunction().apply(-2.0));
    assertEquals("b", chart.getStyler().getyAxisTickLabelsFormattingFunction().apply(1.0));
    assertEquals("", chart.getStyler().getyAxisTickLabelsFormattingFunction().apply(0.5));
  }

  /** A run without the figure is drawn as far as it goes, and so are its neighbours. */
  @Test
  void linesAreDrawnOnBothThemes() throws IOException {
    var figure = new ParallelFigure("Runs", AXES);
    assertTrue(colours(figure, Theme.LIGHT).size() > 50);
    assertTrue(colours(figure, Theme.DARK).contains(Theme.DARK.paper().getRGB() & 0xFFFFFF));
    String svg = figure.svg();
    for (String text : List.of("Runs", "hidden", "ELBO", "0.001", "-100", ">c<")) {
      assertTrue(svg.contains(text), text);
    }
  }

  @Test
  void theRampGoesFromEndToEnd() {
    for (Theme theme : Theme.values()) {
      List<String> ramp = Palette.ramp(theme);
      assertEquals(Palette.awt(ramp.getFirst()), Palette.ramp(0, theme));
      assertEquals(Palette.awt(ramp.get(1)), Palette.ramp(0.5, theme));
      assertEquals(Palette.awt(ramp.getLast()), Palette.ramp(1, theme));
      assertEquals(Palette.awt(ramp.getLast()), Palette.ramp(1.5, theme));
    }
  }

  @Test
  void intervalsAndMarksAreDrawn() {
    var line =
        new IntervalFigure.Line(
            "one",
            List.of(
                new IntervalFigure.Point(2, 100, 0.1, 3), new IntervalFigure.Point(4, 90, 0, 0)));
    var marks = new IntervalFigure.Marks("best", List.of(new IntervalFigure.Point(4, 90, 0, 0)));
    var figure = new IntervalFigure("RD", "KL", "RL", List.of(line), List.of(marks));
    XYChart chart = figure.chart(Theme.LIGHT);
    assertEquals(
        Set.of("one", "one 0 across", "one 0 up", "best", Charts.UNSEEN),
        chart.getSeriesMap().keySet());
    assertArrayEquals(new double[] {97, 103}, chart.getSeriesMap().get("one 0 up").getYData());
    assertArrayEquals(new double[] {1.9, 2.1}, chart.getSeriesMap().get("one 0 across").getXData());
    assertTrue(chart.getStyler().getYAxisMax() > 103);
    assertTrue(chart.getStyler().getXAxisMin() < 1.9);
    // More lines than colours need room for their names, and stay apart by their dashes.
    var many =
        new IntervalFigure(
            "RD",
            "KL",
            "RL",
            IntStream.range(0, 8)
                .mapToObj(i -> new IntervalFigure.Line("l" + i, line.points()))
                .toList(),
            List.of());
    assertTrue(many.height() > figure.height());
    var series = many.chart(Theme.DARK).getSeriesMap();
    assertEquals(series.get("l0").getLineColor(), series.get("l6").getLineColor());
    assertTrue(!series.get("l0").getLineStyle().equals(series.get("l6").getLineStyle()));
  }
}
