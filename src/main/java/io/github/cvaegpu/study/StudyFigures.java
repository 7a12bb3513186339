// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.control.PiTerms;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.BandFigure;
import io.github.cvaegpu.report.Block.Picture;
import io.github.cvaegpu.report.CurveFigure;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.ImageGridFigure;
import io.github.cvaegpu.report.LabelLossFigure;
import io.github.cvaegpu.report.LatentMapFigure;
import io.github.cvaegpu.report.Level;
import io.github.cvaegpu.report.Pictures;
import io.github.cvaegpu.report.PointDecoder;
import io.github.cvaegpu.report.Series;
import io.github.cvaegpu.report.ShownImages;
import io.github.cvaegpu.report.Traversal;
import io.github.cvaegpu.study.StudyRun.Role;
import io.github.cvaegpu.train.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The study's figures and more, of the first seed but where they are over seeds. */
public final class StudyFigures {
  private static final String NATS = "nats per image";

  private final StudyReport report;
  private final Accelerator accelerator;
  private final Path folder;
  private final Map<String, Picture> pictures = new LinkedHashMap<>();
  private final Map<RunFacts, Posterior> posteriors = new LinkedHashMap<>();

  /**
   * @param report whose runs are drawn
   * @param accelerator to encode images on
   * @param folder to write to; made if absent
   */
  public StudyFigures(StudyReport report, Accelerator accelerator, Path folder) {
    this.report = report;
    this.accelerator = accelerator;
    this.folder = folder;
  }

  /**
   * Draws and writes all figures.
   *
   * @throws io.github.cvaegpu.InputException if the machine has no fonts, or a file cannot be
   *     written
   */
  public void write() {
    for (double rate : report.study().learningRates()) {
      List<RunFacts> beta = report.finished(rate, Role.BETA);
      List<RunFacts> control = report.finished(rate, Role.CONTROL);
      List<RunFacts> held = report.finished(rate, Role.HELD);
      if (!beta.isEmpty() && !control.isEmpty()) {
        List<Model> models = new ArrayList<>();
        models.add(new Model("beta-VAE", "beta", beta));
        models.add(new Model("ControlVAE", "control", control));
        if (!held.isEmpty()) {
          models.add(new Model("hold", "hold", held));
        }
        new OfRate(rate, models, control.getFirst()).write();
      }
    }
  }

  /** The pictures that the page does not draw by itself, by title. */
  Map<String, Picture> pictures() {
    return pictures;
  }

  /** The test images' posterior under a model that was drawn. */
  Posterior posterior(RunFacts run) {
    return posteriors.computeIfAbsent(run, facts -> report.testPosterior(facts, accelerator));
  }

  private void writeForPage(String name, Figure figure) {
    figure.write(folder, name);
    pictures.put(figure.title(), Picture.of(figure));
  }

  /**
   * What is drawn beside each other.
   *
   * @param name in figures
   * @param file in names of files
   * @param runs by seed, one or more
   */
  private record Model(String name, String file, List<RunFacts> runs) {
    RunFacts first() {
      return runs.getFirst();
    }
  }

  /** Figures of one learning rate. */
  private final class OfRate {
    private final String rate;
    private final List<Model> models;
    private final RunFacts control;

    OfRate(double rate, List<Model> models, RunFacts control) {
      this.rate = Numbers.plain(rate);
      this.models = models;
      this.control = control;
    }

    private String file(String name) {
      return name + "-lr" + rate;
    }

    void write() {
      // A run of few images and epochs has no whole window, so there is nothing to draw over steps.
      if (control.series().size() >= Series.WINDOW) {
        curves("rl", "Training reconstruction loss (RL)", "RL, " + NATS, Series::rl);
        curves("kl", "Training KL divergence", "KL, " + NATS, Series::kl);
        curves("beta", "Weight of the KL divergence", "beta", Series::beta);
        curves("elbo", "Training ELBO", "ELBO, " + NATS, Series::elbo);
        terms();
      }
      labelLosses();
      drawings();
    }

    private void curves(String name, String title, String label, Function<Series, float[]> values) {
      Optional<Level> setPoint =
          name.equals("kl")
              ? Optional.of(
                  Level.setPoint(control.planned().plan().rule().target().orElseThrow().kl()))
              : Optional.empty();
      new CurveFigure(
              "%s, learning rate %s, mean of the last 100 steps".formatted(title, rate),
              label,
              models.stream()
                  .map(
                      model ->
                          CurveFigure.Curve.smoothed(
                              model.name(), values.apply(model.first().series())))
                  .toList(),
              setPoint)
          .write(folder, file(name));
      if (models.stream().allMatch(model -> model.runs().size() > 1)) {
        writeForPage(
            file(name + "-seeds"),
            new BandFigure(
                "%s, learning rate %s, mean and standard deviation over seeds"
                    .formatted(title, rate),
                label,
                models.stream().map(model -> band(model, values)).toList(),
                setPoint));
      }
    }

    private BandFigure.Band band(Model model, Function<Series, float[]> values) {
      return new BandFigure.Band(
          model.name(),
          model.runs().stream()
              .map(run -> Series.windowMeans(values.apply(run.series())))
              .toList());
    }

    private void terms() {
      // The study's own controllers all are.
      var rule = (PiRule) control.planned().plan().rule();
      PiTerms terms = PiTerms.of(rule, control.series().kl());
      writeForPage(
          file("controller"),
          new CurveFigure(
              "Terms of the controller, learning rate %s: beta is their sum and %s"
                  .formatted(rate, Numbers.plain(rule.betaMin())),
              "part of beta",
              List.of(
                  new CurveFigure.Curve(
                      "P", Series.windowMeans(terms.proportional()), OptionalDouble.empty()),
                  new CurveFigure.Curve(
                      "I", Series.windowMeans(terms.integral()), OptionalDouble.empty()))));
    }

    private void labelLosses() {
      List<RunEvaluation.LabelLoss> losses = control.evaluation().byLabel();
      if (losses.isEmpty()) {
        return;
      }
      writeForPage(
          file("rl-by-digit"),
          new LabelLossFigure(
              "Reconstruction loss of the test images by digit, learning rate %s".formatted(rate),
              losses.stream().map(RunEvaluation.LabelLoss::label).toList(),
              models.stream().map(OfRate::bars).toList()));
    }

    private static LabelLossFigure.Bars bars(Model model) {
      return new LabelLossFigure.Bars(
          model.name(),
          model.first().evaluation().byLabel().stream()
              .map(RunEvaluation.LabelLoss::reconstructionLoss)
              .toList());
    }

    /** What each model draws. */
    private void drawings() {
      ImageSet images = report.testImages();
      List<Integer> shown = ShownImages.choose(images, Study.SHOWN_SEED);
      List<ImageGridFigure.Row> rows = new ArrayList<>();
      rows.add(
          new ImageGridFigure.Row(
              "originals",
              shown.stream().map(image -> ShownImages.pixels(images, image)).toList()));
      models.forEach(model -> rows.add(draw(model, images, shown)));
      writeForPage(
          file("ten-digits"),
          new ImageGridFigure(
              "Test images and what the models make of them, learning rate %s".formatted(rate),
              new ImageGridFigure.Cells(images.height(), images.width(), 2, 6),
              rows));
    }

    private ImageGridFigure.Row draw(Model model, ImageSet images, List<Integer> shown) {
      RunFacts run = model.first();
      Checkpoint checkpoint = run.run().checkpoint().orElseThrow();
      int latent = checkpoint.plan().latent();
      var decoder = checkpoint.decoder();
      Posterior posterior = posterior(run);
      String title = "%s, learning rate %s".formatted(model.name(), rate);
      String file = model.file();
      new LatentMapFigure(title + ": latent map of the test images", posterior)
          .write(folder, file("latent-map-" + file));
      var drawn = new Pictures(decoder, latent, images);
      drawn.decodedGrid(title + ": decoded grid", 0, 1).write(folder, file("decoded-grid-" + file));
      drawn.samples(title, Study.SHOWN_SEED).write(folder, file("samples-" + file));
      List<float[]> points = shown.stream().map(posterior::mean).toList();
      var traversal =
          new Traversal(
              PointDecoder.of(decoder),
              points,
              IntStream.range(0, latent).boxed().toList(),
              images.height(),
              images.width());
      traversal.write(folder.resolve(file("traversal-" + file) + ".gif"));
      return new ImageGridFigure.Row(model.name(), points.stream().map(decoder::decode).toList());
    }
  }
}
