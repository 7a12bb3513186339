// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.ImageGrid;
import io.github.cvaegpu.report.ShownImages;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code score}: writes how likely each image is. */
@Command(
    name = "score",
    description = {
      ScoreCommand.WHAT,
      "FILE.csv has a line an image, in their order: its number, its label where there are labels,"
          + " RL, KL, ELBO and the importance-weighted bound in nats, with --exact log p(x) too,"
          + " and its rank: 1 is the least likely image. - prints the lines.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ScoreCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Scores each image, and ranks those that a model finds odd.";

  private static final int SHOWN_IN_A_ROW = 10;
  private static final int SHOWN = 50;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Mixin private SamplesOption samplesOption;

  @Option(
      names = "--exact",
      description = "Integrate log p(x) over 1 or 2 latent dimensions too. Default: do not.")
  private boolean isExact;

  @Option(
      names = "--picture",
      paramLabel = "FILE.png",
      description = "Draw the 50 least likely images, the first of them first. Default: do not.")
  private Path picture;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    samplesOption.check();
    outputOptions.orElse("scores.csv");
    if (!outputOptions.isStandardOutput()) {
      outputOptions.ending(".csv");
    }
    outputOptions.requireFree(inputOptions.choice());
    Optional<OutputOptions> drawn =
        Optional.ofNullable(picture).map(file -> outputOptions.beside(file, "--picture"));
    drawn.ifPresent(
        output -> {
          output.ending(".png");
          output.requireFree(inputOptions.choice());
        });
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    drawn.ifPresent(output -> output.requireOutside(modelOptions, saved));
    if (isExact) {
      ExactLikelihood.requireSmall(
          saved.shape().latent(), "the importance-weighted bound, with --samples 5000");
    }
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    ImageSet images = inputOptions.images(saved, err, !outputOptions.isStandardOutput());
    ImageScores scores;
    Optional<double[]> exact = Optional.empty();
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      VaeModel model = chosen.first();
      try (var bar =
          WorkBar.ofImages("Scoring", images.size(), !outputOptions.isStandardOutput())) {
        scores = new Evaluator(model, saved.seed()).score(images, samplesOption.count(), bar);
      }
      scores.requireFinite();
      if (isExact) {
        double[] logLikelihood = new double[images.size()];
        ExactLikelihood integral =
            IntegralBar.integrate(
                model,
                saved.objective(),
                Posterior.of(model, images),
                scores,
                logLikelihood,
                !outputOptions.isStandardOutput());
        integral.doubts().forEach(doubt -> err.println("Warning: " + doubt));
        exact = Optional.of(logLikelihood);
      }
    }
    var table = new ScoreTable(images, scores, exact);
    Optional<byte[]> odd = drawn.map(output -> table.picture());
    if (outputOptions.isStandardOutput()) {
      err.println("Likelihood " + saved.objective().title());
    }
    outputOptions.writeLines(spec.commandLine().getOut(), table::writeLines);
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(
            Locale.ROOT,
            "scores of %,d images, likelihood %s",
            images.size(),
            saved.objective().title()));
    drawn.ifPresent(
        output -> {
          output.write(out -> out.write(odd.orElseThrow()));
          output.tell(
              spec.commandLine().getOut(),
              String.format(Locale.ROOT, "the %d least likely", Math.min(SHOWN, images.size())));
        });
    return ExitCode.OK;
  }

  /** The images by their scores. */
  private static final class ScoreTable {
    private final ImageSet images;
    private final ImageScores scores;
    private final Optional<double[]> exact;

    /** The numbers of the images, the least likely first. */
    private final int[] ranking;

    ScoreTable(ImageSet images, ImageScores scores, Optional<double[]> exact) {
      this.images = images;
      this.scores = scores;
      this.exact = exact;
      ranking =
          IntStream.range(0, images.size())
              .boxed()
              .sorted(Comparator.comparingDouble(this::likelihood))
              .mapToInt(Integer::intValue)
              .toArray();
    }

    /** log p(x), or what is known to be below it. */
    private double likelihood(int image) {
      return exact.isPresent() ? exact.get()[image] : scores.bound(image);
    }

    void writeLines(Appendable out) throws IOException {
      int[] rank = new int[ranking.length];
      for (int r = 0; r < ranking.length; r++) {
        rank[ranking[r]] = r + 1;
      }
      out.append(images.hasLabels() ? "image,label" : "image");
      out.append(",rl,kl,elbo,bound").append(exact.isPresent() ? ",log_likelihood" : "");
      out.append(",rank\n");
      for (int i = 0; i < images.size(); i++) {
        out.append(Integer.toString(i));
        if (images.hasLabels()) {
          out.append(',').append(Integer.toString(images.label(i)));
        }
        append(out, scores.reconstructionLoss(i));
        append(out, scores.klDivergence(i));
        append(out, scores.elbo(i));
        append(out, scores.bound(i));
        if (exact.isPresent()) {
          append(out, exact.get()[i]);
        }
        out.append(',').append(Integer.toString(rank[i])).append('\n');
      }
    }

    private static void append(Appendable out, double nats) throws IOException {
      out.append(',').append(String.format(Locale.ROOT, "%.4f", nats));
    }

    byte[] picture() {
      List<float[]> odd =
          Arrays.stream(ranking)
              .limit(SHOWN)
              .mapToObj(image -> ShownImages.pixels(images, image))
              .toList();
      int columns = Math.min(SHOWN_IN_A_ROW, odd.size());
      var grid =
          ImageGrid.fitting(
              images.height(), images.width(), columns, Math.ceilDiv(odd.size(), columns));
      return ImageGrid.png(grid.draw(odd, columns));
    }
  }
}
