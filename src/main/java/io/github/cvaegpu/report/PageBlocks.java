// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.report.HtmlReport.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The parts of the page that its scripts fill: curves to zoom into, and the latent space. */
final class PageBlocks {
  private final List<Subject> subjects;
  private final List<String> names;

  /**
   * @param subjects runs, one or more
   * @param names of the runs, in their order
   */
  PageBlocks(List<Subject> subjects, List<String> names) {
    this.subjects = subjects;
    this.names = names;
  }

  /** Charts, and which runs and steps they show; a sentence where no run is long enough. */
  String curves() {
    var html = new StringBuilder(Html.heading("Curves"));
    List<Integer> drawn =
        IntStream.range(0, subjects.size())
            .filter(i -> subjects.get(i).run().hasCurves())
            .boxed()
            .toList();
    if (drawn.isEmpty()) {
      return html.append(
              Html.note(
                  String.format(
                      Locale.ROOT,
                      "No run has the %d steps that a point of a curve is the mean of.",
                      Series.WINDOW)))
          .toString();
    }
    html.append(
        Html.note(
            String.format(
                Locale.ROOT,
                ("Losses of the training images; each point is the mean of the last %d steps. ELBO"
                    + " is -(RL + KL), whatever beta was. Drag across a chart to zoom,"
                    + " double-click to see all. A column of pixels shows the smallest and the"
                    + " largest value of its steps; the y axis leaves out the first hundredth of"
                    + " the steps.%s"),
                Series.WINDOW,
                subjects.stream().anyMatch(subject -> !subject.run().validation().isEmpty())
                    ? " Circles are of the validation images after epochs; of a run that may stop"
                        + " early the best one is filled."
                    : "")));
    if (Names.haveSeveralLikelihoods(subjects.stream().map(Subject::run).toList())) {
      html.append(Html.note(RunTables.SEVERAL_LIKELIHOODS));
    }
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
    List<String[]> charts =
        new ArrayList<>(
            List.of(
                new String[] {"rl", "Training reconstruction loss (RL)", "nats per image"},
                new String[] {"kl", "Training KL divergence", "nats per image"},
                new String[] {"beta", "beta, the weight of the KL divergence", "beta"},
                new String[] {"elbo", "Training ELBO", "nats per image"}));
    if (drawn.stream().anyMatch(i -> subjects.get(i).run().hasRates())) {
      charts.add(new String[] {"rate", "Learning rate", "learning rate"});
    }
    for (String[] chart : charts) {
      html.append(
          ("<div class=\"chart\" data-what=\"%s\" data-unit=\"%s\"><h3>%s</h3><div"
                  + " class=\"plot\"></div><div class=\"value\"></div></div>\n")
              .formatted(chart[0], chart[2], chart[1]));
    }
    return html.append("</div>\n").toString();
  }

  /** The latent map and the image; a sentence where no run has a model. */
  String explorer() {
    var html = new StringBuilder(Html.heading("Latent space"));
    if (subjects.stream().allMatch(subject -> subject.run().checkpoint().isEmpty())) {
      return html.append(Html.note("No run here has a model to look into.")).toString();
    }
    html.append(
        Html.note(
            "Dots are posterior means of test images. Point anywhere, or use the arrow keys on the"
                + " map, and the model draws the image of that latent point, here in the page."));
    return html.append(
            """
            <div class="bar"><label class="check">Model <select id="model"></select></label></div>
            <p class="note" id="about"></p>
            <div class="explorer">
            <div><canvas id="map" tabindex="0" role="application" aria-label="Latent map. Arrow keys move the point."></canvas>
            <div class="bar" id="labels"></div></div>
            <div><canvas id="digit" role="img" aria-label="The image at the point" aria-describedby="place"></canvas>
            <p class="note" id="place" aria-live="polite"></p><div class="sliders" id="sliders"></div></div>
            </div>
            """)
        .toString();
  }
}
