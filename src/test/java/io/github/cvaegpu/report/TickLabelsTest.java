// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No two texts of a figure lie on each other, and every axis has ticks, whatever is drawn. */
class TickLabelsTest {
  /** Labels of the two axes: none has fewer than two ticks. Titles and legend are more. */
  private static final int LEAST_TEXTS = 2 + 2 + 3;

  /** Pixels between texts in a line: the width of a digit. */
  private static final double LEAST_GAP = 9;

  /** Height from which a text is the name of a y axis. */
  private static final double UPRIGHT = 30;

  private static final String LONG_TITLE =
      ", learning rate 0.0001, of a model whose title has no end: mean and standard deviation over"
          + " seeds";

  @BeforeAll
  static void needsFonts() {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
  }

  /** Remembers where texts are: XChart fills their outlines in the colour of the ink. */
  private static final class Texts extends SVGGraphics2D {
    private final List<Rectangle2D> bounds = new ArrayList<>();

    Texts(SVGGeneratorContext context) {
      super(context, false);
    }

    @Override
    public void fill(Shape shape) {
      if (getColor().equals(Theme.LIGHT.ink())) {
        bounds.add(getTransform().createTransformedShape(shape).getBounds2D());
      }
      super.fill(shape);
    }
  }

  private static List<Rectangle2D> texts(Figure figure) {
    try {
      var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument();
      var texts = new Texts(SVGGeneratorContext.createDefault(document));
      figure.paintOnPaper(texts, Theme.LIGHT);
      return texts.bounds;
    } catch (javax.xml.parsers.ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  /** Numbers with less between them read as one; the name of a y axis, which stands, does not. */
  private static boolean areTooClose(Rectangle2D one, Rectangle2D other) {
    double gap = Math.max(one.getHeight(), other.getHeight()) < UPRIGHT ? LEAST_GAP : 0;
    return other.intersects(
        one.getX() - gap, one.getY(), one.getWidth() + 2 * gap, one.getHeight());
  }

  private static void assertReadable(Figure figure, String what) {
    List<Rectangle2D> texts = texts(figure);
    assertTrue(texts.size() >= LEAST_TEXTS, what + ": " + texts.size() + " texts");
    for (int i = 0; i < texts.size(); i++) {
      Rectangle2D figureBounds = new Rectangle2D.Double(0, 0, figure.width(), figure.height());
      assertTrue(figureBounds.contains(texts.get(i)), what + ": " + texts.get(i) + " is cut off");
      for (int j = 0; j < i; j++) {
        assertFalse(
            areTooClose(texts.get(i), texts.get(j)),
            what + ": " + texts.get(i) + " lies on or at " + texts.get(j));
      }
    }
  }

  private static float[] between(int steps, double low, double high) {
    float[] values = new float[steps];
    for (int i = 0; i < steps; i++) {
      values[i] = (float) (high - (high - low) * i / Math.max(1, steps - 1));
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 14, 53, 133, 199, 232, 331, 999, 93_701})
  void ofCurvesOfAnyLength(int steps) {
    double[][] ranges = {{0.01, 0.01003}, {9.9, 10.1}, {-550, -80}};
    for (double[] range : ranges) {
      String what = steps + " steps from " + range[0] + " to " + range[1];
      float[] values = between(steps, range[0], range[1]);
      assertReadable(
          new CurveFigure(
              what + LONG_TITLE,
              "nats per image",
              List.of(new CurveFigure.Curve("a", values, OptionalDouble.empty())),
              Optional.of(Level.setPoint(9.97))),
          what + ", with a set point");
      assertReadable(
          new BandFigure(
              what,
              "nats per image",
              List.of(
                  new BandFigure.Band("a", List.of(values, between(steps, range[0], range[0]))))),
          what + ", a band");
    }
  }

  /** A name that is too long for its row does not lie on the images. */
  @Test
  void ofRowsWithLongNames() {
    String name = "a/very/long/path/of/folders/that/nobody/reads/to/its/end/run";
    var figure =
        new ImageGridFigure(
            "A title that is a good deal longer than this figure is wide, and goes on and on and"
                + " on",
            new ImageGridFigure.Cells(9, 9, 2, 6),
            List.of(new ImageGridFigure.Row(name, List.of(new float[81], new float[81]))));
    String svg = figure.svg();
    assertFalse(svg.contains(name), "the whole name");
    assertTrue(svg.contains("\u2026" + name.substring(name.length() - 31)), svg);
  }

  @Test
  void ofAnyNumberOfLabels() {
    var random = new Random(3);
    for (int labels : new int[] {1, 2, 10, 47, 100, 256}) {
      List<Estimate> losses =
          IntStream.range(0, labels)
              .mapToObj(i -> new Estimate(90 + 60 * random.nextDouble(), 1))
              .toList();
      assertReadable(
          new LabelLossFigure(
              "By label",
              IntStream.range(0, labels).boxed().toList(),
              List.of(
                  new LabelLossFigure.Bars("one", losses),
                  new LabelLossFigure.Bars("other", losses))),
          labels + " labels");
    }
  }

  /** Weights of 0 put every image at one place; the larger they are, the wider is the map. */
  @ParameterizedTest
  @ValueSource(floats = {0, 1e-3f, 1, 1000})
  void ofLatentMapsOfAnyWidth(float weight) {
    ImageSet images = TinyImages.draw(60, 3);
    var shape = new VaeShape(images.imageSize(), List.of(6), 2);
    var layout = new ParameterLayout(shape);
    var random = new Random(1);
    float[] parameters = new float[layout.size()];
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = weight * (random.nextFloat() - 0.5f);
    }
    try (var model = new CpuAccelerator(1).model(shape, Objective.study(), parameters)) {
      assertReadable(
          new LatentMapFigure("Map", Posterior.of(model, images)), "weights of " + weight);
    }
  }
}
