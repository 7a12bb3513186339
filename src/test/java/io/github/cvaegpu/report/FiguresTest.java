// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.model.InitialWeights;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.knowm.xchart.XYChart;

class FiguresTest {
  @TempDir private Path folder;

  @BeforeAll
  static void needsFonts() {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
  }

  private static BufferedImage read(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  /** All text of elements of a kind in a figure's SVG document, which is parsed. */
  private static String text(Figure figure, String element) throws Exception {
    byte[] svg = figure.svg().getBytes(StandardCharsets.UTF_8);
    var factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    var texts =
        factory
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg))
            .getElementsByTagName(element);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < texts.getLength(); i++) {
      all.add(texts.item(i).getTextContent().strip());
    }
    return String.join("\n", all);
  }

  private static Set<Integer> colours(BufferedImage image) {
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xFFFFFF);
      }
    }
    return colours;
  }

  private static float[] falling(int steps, float from) {
    float[] values = new float[steps];
    for (int i = 0; i < steps; i++) {
      values[i] = from / (1 + i);
    }
    return values;
  }

  @Test
  void curvesHaveTheirNamesColoursAndLastMeans() throws Exception {
    var figure =
        new CurveFigure(
            "Loss",
            "RL, nats per image",
            List.of(
                CurveFigure.Curve.smoothed("one", falling(3000, 500)),
                CurveFigure.Curve.smoothed("other", falling(3000, 900))));
    assertEquals("Loss", text(figure, "title"));
    assertEquals("Loss", figure.chart(Theme.LIGHT).getTitle());
    assertEquals("RL, nats per image", figure.chart(Theme.LIGHT).getYAxisTitle());
    assertEquals("step", figure.chart(Theme.LIGHT).getXAxisTitle());
    assertEquals(Set.of("one", "other"), seen(figure.chart(Theme.LIGHT)));
    // Mean of 500 / (1 + i) over i from 2900 to 2999.
    double mean = IntStream.range(2900, 3000).mapToDouble(i -> 500.0 / (1 + i)).sum() / 100;
    assertTrue(
        figure
            .box()
            .startsWith(
                String.format(Locale.ROOT, "Mean of the last 100 steps\none  %.2f\nother ", mean)),
        figure.box());
    BufferedImage image = read(figure.png());
    assertEquals(2 * figure.width(), image.getWidth());
    assertEquals(2 * figure.height(), image.getHeight());
    assertTrue(colours(image).containsAll(Set.of(0x0072b2, 0xd55e00)));
  }

  /** Names of what a chart shows. */
  private static Set<String> seen(XYChart chart) {
    Set<String> names = new HashSet<>(chart.getSeriesMap().keySet());
    assertTrue(names.remove(Charts.UNSEEN), "ticks were not set");
    return names;
  }

  /** Even where the curves do not come near it, the set point is in sight and in the legend. */
  @Test
  void theSetPointIsDrawnAcrossTheCurves() {
    var curves = List.of(CurveFigure.Curve.smoothed("one", falling(3000, 500)));
    var figure = new CurveFigure("KL", "KL", curves, Optional.of(Level.setPoint(9.97)));
    XYChart chart = figure.chart(Theme.LIGHT);
    assertEquals(Set.of("one", "set point 9.97"), seen(chart));
    assertArrayEquals(
        new double[] {9.97, 9.97}, chart.getSeriesMap().get("set point 9.97").getYData());
    assertTrue(chart.getStyler().getYAxisMax() > 9.97);
    var bands =
        new BandFigure(
            "KL",
            "KL",
            List.of(new BandFigure.Band("m", List.of(new float[] {1, 5}, new float[] {3, 5}))),
            Optional.of(Level.setPoint(20)));
    XYChart ofSeeds = bands.chart(Theme.LIGHT);
    assertTrue(seen(ofSeeds).contains("set point 20"), seen(ofSeeds).toString());
    assertTrue(ofSeeds.getStyler().getYAxisMax() > 20);
  }

  @Test
  void theSameFigureHasTheSameBytes() {
    var figure =
        new CurveFigure(
            "t", "y", List.of(new CurveFigure.Curve("a", falling(50, 3), OptionalDouble.empty())));
    assertArrayEquals(figure.png(), figure.png());
    assertEquals(figure.svg(), figure.svg());
  }

  @Test
  void aFlatCurveIsDrawn() throws Exception {
    float[] ones = new float[200];
    Arrays.fill(ones, 1);
    var figure = new CurveFigure("t", "beta", List.of(CurveFigure.Curve.smoothed("b", ones)));
    assertTrue(colours(read(figure.png())).contains(0x0072b2));
  }

  @Test
  void aBandIsMeanAndStandardDeviation() throws Exception {
    var band = new BandFigure.Band("m", List.of(new float[] {1, 5}, new float[] {3, 5}));
    assertEquals(2, band.mean(0));
    assertEquals(Math.sqrt(2), band.deviation(0), 1e-12);
    assertEquals(0, band.deviation(1));
    assertTrue(
        new BandFigure("t", "y", List.of(band))
            .chart(Theme.LIGHT)
            .getSeriesMap()
            .containsKey("m, mean of 2 seeds"));
  }

  /** Rows of images that are lower than the names beside them. */
  @Test
  void lowImagesLeaveRoomForTheirNames() {
    var row = new ImageGridFigure.Row("row", List.of(new float[3]));
    var low = new ImageGridFigure.Cells(1, 3, 2, 4);
    assertEquals(
        2 * 16 + 44 + 3 * (20 + 4) - 4,
        new ImageGridFigure("Title", low, List.of(row, row, row)).height());
    var unnamed = new ImageGridFigure.Row("", List.of(new float[3]));
    assertEquals(
        2 * 16 + 44 + 3 * (2 + 4) - 4,
        new ImageGridFigure("Title", low, List.of(unnamed, unnamed, unnamed)).height());
    var square = new ImageGridFigure.Cells(28, 28, 2, 4);
    var large = new ImageGridFigure.Row("row", List.of(new float[28 * 28]));
    assertEquals(
        2 * 16 + 44 + 2 * (56 + 4) - 4,
        new ImageGridFigure("Title", square, List.of(large, large)).height());
  }

  /** Means of a Gaussian may be outside of what a pixel can show. */
  @Test
  void whatIsBlackerThanBlackIsBlackAndWhiterThanWhiteIsWhite() {
    float[] pixels = {-0.004f, -1e30f, 1.004f, 1e30f};
    BufferedImage image = ImageGridFigure.enlarged(pixels, 2, 2, 1);
    int[] expected = {0, 0, 255, 255};
    assertArrayEquals(expected, image.getRaster().getSamples(0, 0, 2, 2, 0, (int[]) null));
  }

  /** Grey values of the image, each pixel a square, in the PNG at twice the size. */
  @Test
  void imagesKeepTheirGreys() throws Exception {
    float[] pixels = {0, 0.25f, 0.5f, 1};
    var figure =
        new ImageGridFigure(
            "Title",
            new ImageGridFigure.Cells(2, 2, 5, 1),
            List.of(new ImageGridFigure.Row("row", List.of(pixels))));
    BufferedImage image = read(figure.png());
    int left = 2 * (16 + 16 + 3 * 9);
    int top = 2 * (16 + 44);
    int[] expected = {0, 64, 128, 255};
    for (int p = 0; p < 4; p++) {
      int rgb = image.getRGB(left + 10 * (p % 2) + 5, top + 10 * (p / 2) + 5) & 0xFF;
      assertEquals(expected[p], rgb, 1, "pixel " + p);
    }
    assertEquals("Title\nrow", text(figure, "text"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void aLatentMapShowsEveryLabel(int latent) throws Exception {
    ImageSet images = TinyImages.draw(200, 3);
    var shape = new VaeShape(images.imageSize(), List.of(12), latent);
    var layout = new ParameterLayout(shape);
    float[] parameters = InitialWeights.draw(layout, 3);
    try (var model = new CpuAccelerator(1).model(shape, Objective.study(), parameters)) {
      XYChart chart = new LatentMapFigure("Map", Posterior.of(model, images)).chart(Theme.LIGHT);
      assertEquals(Set.of("0", "1", "2", "3", "4", "5", "6", "7", "8"), seen(chart));
      int shown =
          seen(chart).stream()
              .mapToInt(label -> chart.getSeriesMap().get(label).getXData().length)
              .sum();
      assertEquals(200, shown);
      String x = chart.getXAxisTitle();
      assertEquals(latent > 2, x.contains("one of the two of 5 with most KL"), x);
      assertEquals(latent == 1, chart.getYAxisTitle().equals("standard deviation of z1"), x);
      ImageSet bare =
          ImageSet.withoutLabels(images.height(), images.width(), images.pixels(), images.size());
      assertEquals(
          Set.of("images (no labels)"),
          seen(new LatentMapFigure("Map", Posterior.of(model, bare)).chart(Theme.LIGHT)));
      var pictures =
          new Pictures(new Decoder(Likelihood.BERNOULLI, layout, parameters), latent, images);
      assertEquals(100, count(pictures.samples("m", 1).svg(), "<image"));
      assertEquals(400, count(pictures.decodedGrid("m", 0, 1).svg(), "<image"));
    }
  }

  /** On dark paper there is no white, and the images keep their own greys. */
  @Test
  void aDarkFigureHasDarkPaperAndTheSameImages() throws Exception {
    var curves =
        new CurveFigure("t", "y", List.of(CurveFigure.Curve.smoothed("a", falling(300, 9))));
    BufferedImage dark = read(curves.png(Theme.DARK));
    assertEquals(0x15181c, dark.getRGB(0, 0) & 0xFFFFFF);
    assertTrue(colours(dark).stream().noneMatch(colour -> colour == 0xFFFFFF), "white");
    assertEquals(0xFFFFFF, read(curves.png()).getRGB(0, 0) & 0xFFFFFF);
    float[] pixels = {0, 0.25f, 0.5f, 1};
    var grid =
        new ImageGridFigure(
            "Title",
            new ImageGridFigure.Cells(2, 2, 5, 1),
            List.of(new ImageGridFigure.Row("", List.of(pixels))));
    BufferedImage onLight = read(grid.png(Theme.LIGHT));
    BufferedImage onDark = read(grid.png(Theme.DARK));
    assertEquals(0x15181c, onDark.getRGB(0, 0) & 0xFFFFFF);
    for (int y = 2 * (16 + 44); y < 2 * (16 + 44 + 10); y++) {
      for (int x = 2 * 16; x < 2 * (16 + 10); x++) {
        assertEquals(onLight.getRGB(x, y), onDark.getRGB(x, y));
      }
    }
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  @Test
  void lossesByLabelAreBars() throws Exception {
    var figure =
        new LabelLossFigure(
            "By digit",
            List.of(3, 8),
            List.of(
                new LabelLossFigure.Bars(
                    "beta-VAE", List.of(new Estimate(120, 1), new Estimate(150, 2))),
                new LabelLossFigure.Bars(
                    "ControlVAE", List.of(new Estimate(110, 1), new Estimate(140, 2)))));
    assertEquals(
        Set.of("beta-VAE", "ControlVAE"), figure.chart(Theme.LIGHT).getSeriesMap().keySet());
    assertTrue(colours(read(figure.png())).containsAll(Set.of(0x0072b2, 0xd55e00)));
  }

  @Test
  void aTraversalGoesThereAndBackForEver() throws IOException {
    var layout = new ParameterLayout(new VaeShape(12, List.of(5), 2));
    var decoder = new Decoder(Likelihood.BERNOULLI, layout, InitialWeights.draw(layout, 1));
    var traversal =
        new Traversal(
            PointDecoder.of(decoder),
            List.of(new float[] {0, 0}, new float[] {1, 1}),
            List.of(0, 1),
            3,
            4);
    Path file = folder.resolve("t.gif");
    traversal.write(file);
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
      reader.setInput(in);
      assertEquals(48, reader.getNumImages(true));
      assertEquals(2 * 8 + 3, reader.getWidth(0));
      assertEquals(2 * 6 + 3, reader.getHeight(0));
    }
    assertTrue(
        new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains("NETSCAPE2.0"));
    assertEquals(-3, Traversal.position(0, 3));
    assertEquals(3, Traversal.position(24, 3));
    assertEquals(-2.75f, Traversal.position(47, 3));
  }

  @Test
  void aFolderThatCannotBeWrittenToIsASentence() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    var figure =
        new CurveFigure(
            "t", "y", List.of(new CurveFigure.Curve("a", falling(5, 3), OptionalDouble.empty())));
    var e = assertThrows(InputException.class, () -> figure.write(file.resolve("in"), "f"));
    assertTrue(e.getMessage().endsWith("."), e.getMessage());
  }
}
