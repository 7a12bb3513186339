// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.Resources;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * One HTML file about runs that needs no network and no server: what the runs are, their final
 * figures, their curves to zoom into, what the caller adds, a latent map on which the decoder
 * draws, and all that is recorded of them.
 */
public final class HtmlReport {
  /** What {@link #requireReplaceable} knows a report by. */
  private static final String MARKER = "<meta name=\"generator\" content=\"cvae-gpu\">";

  private static final int MARKER_WITHIN = 1000;

  /** Version of the charting library in the page, as its own script says. */
  private static final String UPLOT = "1.6.32";

  /** Words of all curves together: about a megabyte. */
  private static final int CURVE_WORDS = 400_000;

  private static final int CURVES = 4;
  private static final double MARGIN = 0.04;
  private static final float REACH = 3.5f; // Of a map without points.

  private final String title;
  private final List<Subject> subjects;
  private final List<String> names;
  private final List<Section> sections;

  /**
   * A run to report on.
   *
   * @param run its files
   * @param testPosterior of its test images, for the latent map; empty where they could not be had
   */
  public record Subject(Run run, Optional<Posterior> testPosterior) {}

  /**
   * A part of the page that the caller adds.
   *
   * @param heading over it
   * @param blocks from top to bottom
   */
  public record Section(String heading, List<Block> blocks) {
    /** Copies the list. */
    public Section {
      blocks = List.copyOf(blocks);
    }
  }

  /** A piece of a section. */
  public sealed interface Block {
    /** The piece as HTML. */
    String html();
  }

  /** A paragraph. */
  public record Paragraph(String text) implements Block {
    @Override
    public String html() {
      return Html.paragraph(text);
    }
  }

  /** A sentence that must not be missed. */
  public record Warning(String text) implements Block {
    @Override
    public String html() {
      return Html.warning(text);
    }
  }

  /** A heading within a section. */
  public record Heading(String text) implements Block {
    @Override
    public String html() {
      return "<h3>" + Html.escape(text) + "</h3>\n";
    }
  }

  /** A table; verdicts in it have their colours. */
  public record Table(List<String> header, List<List<String>> rows) implements Block {
    @Override
    public String html() {
      return Html.table(header, rows);
    }
  }

  /**
   * A PNG.
   *
   * @param title of it
   * @param light as a light page shows it
   * @param dark as a dark one does
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Picture(String title, byte[] light, byte[] dark) implements Block {
    /**
     * A figure.
     *
     * @throws InputException if the machine has no fonts to write with
     */
    public static Picture of(Figure figure) {
      return new Picture(figure.title(), figure.png(Theme.LIGHT), figure.png(Theme.DARK));
    }

    @Override
    public String html() {
      return Html.picture(title, light, dark);
    }
  }

  /**
   * A report whose title is its runs' names.
   *
   * @param subjects runs, one or more
   * @param sections after the curves
   */
  public HtmlReport(List<Subject> subjects, List<Section> sections) {
    this(Names.joined(Names.of(runs(subjects))), subjects, sections);
  }

  /**
   * @param title of the page
   * @param subjects runs, one or more
   * @param sections after the curves
   */
  public HtmlReport(String title, List<Subject> subjects, List<Section> sections) {
    this.title = title;
    this.subjects = List.copyOf(subjects);
    this.sections = List.copyOf(sections);
    names = Names.of(runs(subjects));
  }

  private static List<Run> runs(List<Subject> subjects) {
    return subjects.stream().map(Subject::run).toList();
  }

  /**
   * Refuses a file that is something else than an earlier report, and a folder that cannot be
   * written to, before any work is done.
   *
   * @throws InputException if the report could not be written there
   */
  public static void requireReplaceable(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw new InputException(
          "%s is a folder: name a file for the report with --out.".formatted(file));
    }
    if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new InputException(
          "The report cannot be written to %s: its folder is missing or not writable."
              .formatted(file));
    }
    if (RegularFile.isTaken(file) && !(Files.isRegularFile(file) && isReport(file))) {
      throw new InputException(
          "%s exists and is no report of this program: name another file with --out."
              .formatted(file));
    }
  }

  private static boolean isReport(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MARKER_WITHIN), StandardCharsets.UTF_8).contains(MARKER);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Writes the page, whole or not at all.
   *
   * @return its size in bytes
   * @throws UnwritableException if it cannot be written
   */
  public long write(Path file) {
    byte[] page = page().getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.replace(file, out -> out.write(page));
    } catch (IOException e) {
      throw new UnwritableException(
          "The report cannot be written to %s: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    return page.length;
  }

  /** The page. */
  String page() {
    String uPlot = "io/github/cvaegpu/report/uplot/uPlot";
    return fill(
        text("page.html"),
        Map.of(
            "title",
            Html.escape(title),
            "style",
            text("page.css"),
            "library-style",
            resource(uPlot + ".min.css"),
            "body",
            body(),
            "foot",
            Html.escape(foot()),
            "data",
            Html.json(Json.COMPACT.toJson(data())),
            "library",
            resource(uPlot + ".iife.min.js"),
            "scripts",
            text("charts.js") + text("explorer.js") + text("page.js")));
  }

  /** In one pass: what is filled in is not looked at for more places. */
  private static String fill(String template, Map<String, String> values) {
    var page = new StringBuilder();
    int from = 0;
    for (int at = template.indexOf("{{"); at >= 0; at = template.indexOf("{{", from)) {
      int end = template.indexOf("}}", at);
      page.append(template, from, at).append(values.get(template.substring(at + 2, end)));
      from = end + 2;
    }
    return page.append(template.substring(from)).toString();
  }

  private static String text(String name) {
    return resource("io/github/cvaegpu/report/" + name);
  }

  private static String resource(String path) {
    return new String(
        Resources.read(path).orElseThrow(() -> new IllegalStateException("the jar has no " + path)),
        StandardCharsets.UTF_8);
  }

  private static String foot() {
    return ("Made by %s. Charts by uPlot %s (MIT licence, Copyright 2022 Leon Sorokin). Nothing on"
            + " this page is loaded from a network.")
        .formatted(Program.nameAndVersion(), UPLOT);
  }

  // ---- what is on the page ---------------------------------------------------------------------

  private String body() {
    var html = new StringBuilder();
    for (Subject subject : subjects) {
      subject.run.warnings().forEach(warning -> html.append(Html.warning(warning)));
    }
    if (runs(subjects).stream().map(run -> run.record().dataset().sha256()).distinct().count()
        > 1) {
      html.append(
          Html.warning(
              "These runs were trained on different images: their losses cannot be compared."));
    }
    var tables = new RunTables(runs(subjects), names);
    html.append(Html.heading(subjects.size() == 1 ? "What the run is" : "What the runs are"))
        .append(tables.whatTheyAre())
        .append(Html.heading("Final figures"))
        .append(tables.finalFigures());
    curves(html);
    for (Section section : sections) {
      html.append(Html.heading(section.heading));
      section.blocks.forEach(block -> html.append(block.html()));
    }
    explorer(html);
    html.append(Html.heading("All settings and figures"))
        .append(tables.all())
        .append(Html.heading("Sessions and machines"))
        .append(tables.sessions());
    return html.toString();
  }

  private static boolean hasCurves(Run run) {
    return run.series().isPresent() && run.series().get().size() >= Series.WINDOW;
  }

  private void curves(StringBuilder html) {
    html.append("<h2>Curves</h2>\n");
    List<Integer> drawn =
        IntStream.range(0, subjects.size())
            .filter(i -> hasCurves(subjects.get(i).run))
            .boxed()
            .toList();
    if (drawn.isEmpty()) {
      html.append(
          Html.note(
              String.format(
                  Locale.ROOT,
                  "No run has the %d steps that a point of a curve is the mean of.",
                  Series.WINDOW)));
      return;
    }
    html.append(
        Html.note(
            String.format(
                Locale.ROOT,
                ("Losses of the training images; each point is the mean of the last %d steps. ELBO"
                    + " is -(RL + KL), whatever beta was. Drag across a chart to zoom,"
                    + " double-click to see all. A column of pixels shows the smallest and the"
                    + " largest value of its steps; the y axis leaves out the first hundredth of"
                    + " the steps."),
                Series.WINDOW)));
    html.append("<div class=\"bar\">");
    for (int i = 0; i < drawn.size(); i++) {
      html.append(
          String.format(
              Locale.ROOT,
              "<label class=\"check\"><input type=\"checkbox\" checked data-run=\"%d\"><span"
                  + " class=\"swatch\" style=\"--light:%s;--dark:%s\"></span>%s</label>",
              i,
              Palette.model(i, Theme.LIGHT),
              Palette.model(i, Theme.DARK),
              Html.escape(names.get(drawn.get(i)))));
    }
    html.append("</div>\n<div class=\"bar\">");
    for (String[] button :
        new String[][] {
          {"+", "Zoom in"},
          {"-", "Zoom out"},
          {"ArrowLeft", "Earlier"},
          {"ArrowRight", "Later"},
          {"Escape", "All steps"}
        }) {
      html.append(
          "<button type=\"button\" data-zoom=\"%s\">%s</button>".formatted(button[0], button[1]));
    }
    html.append("</div>\n<div class=\"charts\">\n");
    for (String[] chart :
        new String[][] {
          {"rl", "Training reconstruction loss (RL)", "nats per image"},
          {"kl", "Training KL divergence", "nats per image"},
          {"beta", "beta, the weight of the KL divergence", "beta"},
          {"elbo", "Training ELBO", "nats per image"}
        }) {
      html.append(
          ("<div class=\"chart\" data-what=\"%s\" data-unit=\"%s\"><h3>%s</h3><div"
                  + " class=\"plot\"></div><div class=\"value\"></div></div>\n")
              .formatted(chart[0], chart[2], chart[1]));
    }
    html.append("</div>\n");
  }

  private void explorer(StringBuilder html) {
    html.append("<h2>Latent space</h2>\n");
    if (subjects.stream().allMatch(subject -> subject.run.checkpoint().isEmpty())) {
      html.append(Html.note("No run has a checkpoint, so there is no model to look into."));
      return;
    }
    html.append(
        Html.note(
            "Dots are posterior means of test images. Point anywhere, or use the arrow keys on the"
                + " map, and the model draws the digit of that latent point, here in the page."));
    html.append(
        """
        <div class="bar"><label class="check">Model <select id="model"></select></label></div>
        <p class="note" id="about"></p>
        <div class="explorer">
        <div><canvas id="map" tabindex="0" role="application" aria-label="Latent map. Arrow keys move the point."></canvas>
        <div class="bar" id="labels"></div></div>
        <div><canvas id="digit" role="img" aria-label="The digit at the point" aria-describedby="place"></canvas>
        <p class="note" id="place" aria-live="polite"></p><div class="sliders" id="sliders"></div></div>
        </div>
        """);
  }

  // ---- what its scripts read -------------------------------------------------------------------

  /** Everything that the scripts read. */
  private record Data(
      List<RunData> runs, List<String> labelColours, List<String> darkLabelColours) {}

  /** A run; set point, curves and model are null where it has none. */
  private record RunData(
      String name, String colour, String darkColour, Double setPoint, Curves curves, Model model) {}

  private record Curves(
      Embedded.Curve rl, Embedded.Curve kl, Embedded.Curve beta, Embedded.Curve elbo) {}

  /** A model, the plane that it is shown in, and where the test images are in it. */
  private record Model(
      String about,
      int latent,
      int height,
      int width,
      int first,
      int second,
      double left,
      double right,
      double bottom,
      double top,
      Points points,
      Embedded.Decoder decoder) {}

  /** Posterior means; labels are null where the images have none. */
  private record Points(Embedded.Range x, Embedded.Range y, String labels) {}

  private Data data() {
    long drawn = subjects.stream().filter(subject -> hasCurves(subject.run)).count();
    int words = (int) (CURVE_WORDS / Math.max(1, CURVES * drawn));
    List<RunData> runs = new ArrayList<>();
    int colour = 0;
    for (int i = 0; i < subjects.size(); i++) {
      Subject subject = subjects.get(i);
      boolean hasCurves = hasCurves(subject.run);
      OptionalDouble setPoint = RunRows.setPoint(subject.run);
      runs.add(
          new RunData(
              names.get(i),
              hasCurves ? Palette.model(colour, Theme.LIGHT) : null,
              hasCurves ? Palette.model(colour, Theme.DARK) : null,
              setPoint.isPresent() ? setPoint.getAsDouble() : null,
              hasCurves ? curves(subject.run.series().orElseThrow(), words) : null,
              subject.run.checkpoint().map(checkpoint -> model(checkpoint, subject)).orElse(null)));
      colour += hasCurves ? 1 : 0;
    }
    return new Data(runs, Palette.labels(Theme.LIGHT), Palette.labels(Theme.DARK));
  }

  private static Curves curves(Series series, int words) {
    return new Curves(
        Embedded.Curve.of(Series.windowMeans(series.rl()), words),
        Embedded.Curve.of(Series.windowMeans(series.kl()), words),
        Embedded.Curve.of(Series.windowMeans(series.beta()), words),
        Embedded.Curve.of(Series.windowMeans(series.elbo()), words));
  }

  private static Model model(Checkpoint checkpoint, Subject subject) {
    ParameterLayout layout = checkpoint.layout();
    int latent = layout.shape().latent();
    int inputs = layout.shape().inputs();
    var decoder = Embedded.Decoder.of(layout, checkpoint.state().parameters());
    if (subject.testPosterior.isEmpty()) {
      int side = (int) Math.round(Math.sqrt(inputs));
      boolean isSquare = side * side == inputs;
      return new Model(
          "The test images of this run were not at hand: there are no dots.",
          latent,
          isSquare ? side : 1,
          isSquare ? side : inputs,
          0,
          latent > 1 ? 1 : -1,
          -REACH,
          REACH,
          -REACH,
          REACH,
          null,
          decoder);
    }
    Posterior posterior = subject.testPosterior.get();
    Projection projection = Projection.of(posterior);
    float[] x = new float[posterior.size()];
    float[] y = new float[posterior.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) projection.x(i);
      y[i] = (float) projection.y(i);
    }
    var horizontal = IntStream.range(0, x.length).mapToDouble(i -> x[i]).summaryStatistics();
    var vertical = IntStream.range(0, y.length).mapToDouble(i -> y[i]).summaryStatistics();
    double reach =
        (0.5 + MARGIN)
            * Math.max(
                horizontal.getMax() - horizontal.getMin(), vertical.getMax() - vertical.getMin());
    double middleX = (horizontal.getMin() + horizontal.getMax()) / 2;
    double middleY = (vertical.getMin() + vertical.getMax()) / 2;
    return new Model(
        about(posterior, projection),
        latent,
        posterior.images().height(),
        posterior.images().width(),
        projection.first(),
        projection.second(),
        middleX - reach,
        middleX + reach,
        middleY - reach,
        middleY + reach,
        new Points(Embedded.Range.of(x), Embedded.Range.of(y), labels(posterior)),
        decoder);
  }

  private static String labels(Posterior posterior) {
    if (!posterior.images().hasLabels()) {
      return null;
    }
    byte[] labels = new byte[posterior.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) posterior.images().label(i);
    }
    return Embedded.base64(labels);
  }

  private static String about(Posterior posterior, Projection projection) {
    String plane = "Across: %s. Upwards: %s.".formatted(projection.xLabel(), projection.yLabel());
    String labels =
        posterior.images().hasLabels() ? "" : " The images have no labels, so no colours.";
    return String.format(Locale.ROOT, "%,d test images. ", posterior.size()) + plane + labels;
  }
}
