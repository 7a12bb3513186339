// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.AnnealedLikelihood;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.LatentMeasures;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code evaluate}: scores a run's model on images. */
@Command(
    name = "evaluate",
    description = {
      EvaluateCommand.WHAT,
      "Without --data, on the dataset that it was trained on; without --split, on its test images."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class EvaluateCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Scores a trained model: RL, KL, ELBO and the importance-weighted bound; with --exact or"
          + " --ais log p(x), with --latent its latent space too.";

  /** The machine-readable form. */
  private record Line(
      String run,
      String dataset,
      Split split,
      long steps,
      String likelihood,
      Evaluation evaluation,
      ExactLikelihood exact,
      AnnealedLikelihood ais,
      LatentMeasures latent,
      AggregatePosterior aggregatePosterior) {}

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--split",
      paramLabel = "test|train|validation",
      defaultValue = "test",
      description = "Which images; train has none that --validation held out. Default: test.")
  private Split split;

  @Mixin private SamplesOption samplesOption;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Score the first N images alone. Default: all.")
  private Integer imageCount;

  @Option(
      names = "--exact",
      description = "Integrate log p(x) over 1 or 2 latent dimensions too. Default: do not.")
  private boolean exact;

  @Mixin private AnnealingOptions annealing;

  @Option(
      names = "--latent",
      description = "Measure the latent space of the test images too. Default: do not.")
  private boolean latentSpace;

  @Mixin private DataOptions dataOptions;

  @Mixin private EngineOptions engineOptions;

  @Option(names = "--json", description = "Print one line of JSON. Default: a table for people.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    annealing.check();
    samplesOption.check();
    if (imageCount != null && imageCount < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--images must be 1 or more, not %d.", imageCount));
    }
    SavedModel saved = modelOptions.open();
    if (exact) {
      ExactLikelihood.requireSmall(
          saved.shape().latent(), "--ais, or the importance-weighted bound with --samples 5000");
    }
    engineOptions.requireEngine();
    Dataset dataset = saved.plan().given(load(saved));
    boolean isOwn = dataset.sha256().equals(saved.datasetSha256());
    if (!isOwn) {
      InputOptions.requireNoValidation(split);
    }
    TrainingPlan plan = isOwn ? saved.plan() : saved.plan().withValidation(null);
    ImageSet all = plan.images(dataset, split);
    ImageSet images = imageCount == null ? all : all.first(imageCount);
    if (imageCount != null && imageCount > all.size()) {
      spec.commandLine()
          .getErr()
          .println(
              String.format(
                  Locale.ROOT,
                  "Warning: there are %,d %s images, fewer than --images %,d asks for.",
                  all.size(),
                  split,
                  imageCount));
    }
    requireTakes(saved, dataset.name(), images);
    if (!isOwn) {
      spec.commandLine()
          .getErr()
          .println(
              "Warning: the run was trained on other images than those of %s, which it is scored on."
                  .formatted(dataset.name()));
    }
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, spec.commandLine().getErr());
      VaeModel model = chosen.first();
      ImageScores scores;
      try (var bar = WorkBar.ofImages("Scoring", images.size(), !json)) {
        scores = new Evaluator(model, saved.seed()).score(images, samplesOption.count(), bar);
      }
      scores.requireFinite();
      Evaluation evaluation = scores.evaluation();
      ExactLikelihood integral = exact ? integral(model, saved, images, scores) : null;
      AnnealedLikelihood annealed =
          annealing.run(saved, images, scores, spec.commandLine().getErr());
      Posterior posterior = latentSpace ? Posterior.of(model, dataset.test()) : null;
      LatentMeasures measures =
          latentSpace
              ? measures(model, saved, plan.trainingImages(dataset.train()), posterior)
              : null;
      AggregatePosterior aggregate =
          latentSpace ? AggregatePosterior.of(posterior, saved.seed()) : null;
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        var line =
            new Line(
                modelOptions.path().toString(),
                dataset.name(),
                split,
                saved.steps(),
                saved.objective().title(),
                evaluation,
                integral,
                annealed,
                measures,
                aggregate);
        out.println(Json.COMPACT.toJson(line));
      } else {
        print(out, dataset, saved, evaluation, all.size());
        if (integral != null) {
          print(out, integral);
        }
        if (annealed != null) {
          AnnealingOptions.print(out, annealed);
        }
        if (measures != null) {
          LatentTable.print(measures, aggregate, out);
        }
      }
      return ExitCode.OK;
    }
  }

  private ExactLikelihood integral(
      VaeModel model, SavedModel saved, ImageSet images, ImageScores scores) {
    return IntegralBar.integrate(
        model,
        saved.objective(),
        Posterior.of(model, images),
        scores,
        new double[images.size()],
        !json);
  }

  private static LatentMeasures measures(
      VaeModel model, SavedModel saved, ImageSet train, Posterior test) {
    return LatentMeasures.of(Posterior.of(model, train), test, saved.seed());
  }

  /** The images asked for, else those that the run was trained on. */
  private static void requireTakes(SavedModel saved, String name, ImageSet images) {
    int inputs = saved.shape().inputs();
    if (images.imageSize() != inputs) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The images of %s have %d x %d = %d pixels, but the checkpoint's network has %d"
                  + " inputs.",
              name,
              images.height(),
              images.width(),
              images.imageSize(),
              inputs));
    }
    if (!saved.takes(images)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The images of %s are of %d x %d pixels, but the checkpoint's network is for %d x"
                  + " %d.",
              name,
              images.height(),
              images.width(),
              saved.size().orElseThrow().height(),
              saved.size().orElseThrow().width()));
    }
  }

  private Dataset load(SavedModel saved) {
    Optional<DataChoice> asked = dataOptions.asked();
    PrintWriter err = spec.commandLine().getErr();
    DataChoice choice =
        asked
            .or(saved::dataToLoad)
            .orElseThrow(
                () ->
                    new InputException(
                        ("%s was trained on a user's own images, %s, and does not say where they"
                                + " are: name them, or others, with --data.")
                            .formatted(modelOptions.path(), saved.datasetName())));
    Dataset dataset = dataOptions.load(choice, err, err, !json);
    if (asked.isEmpty() && !dataset.sha256().equals(saved.datasetSha256())) {
      throw new InputException(
          "The run was trained on other images than those of %s (%s): name them with --data."
              .formatted(dataset.name(), dataset.origin()));
    }
    return dataset;
  }

  /**
   * @param all images of the part that some or all were scored of
   */
  private void print(
      PrintWriter out, Dataset dataset, SavedModel saved, Evaluation evaluation, int all) {
    out.printf(
        Locale.ROOT,
        "%s after %,d steps, on the %s %s images of %s; likelihood %s, nats per image, mean +-"
            + " standard error%n",
        modelOptions.path(),
        saved.steps(),
        evaluation.images() < all
            ? String.format(Locale.ROOT, "first %,d of %,d", evaluation.images(), all)
            : String.format(Locale.ROOT, "%,d", all),
        split,
        dataset.name(),
        saved.objective().title());
    row(out, "RL", "reconstruction loss", evaluation.reconstructionLoss());
    row(out, "KL", "divergence of posterior and prior", evaluation.klDivergence());
    row(out, "ELBO", "-(RL + KL)", evaluation.elbo());
    row(
        out,
        "L_" + samplesOption.count(),
        String.format(
            Locale.ROOT,
            "importance-weighted bound, effective sample size %.1f",
            evaluation.effectiveSampleSize()),
        evaluation.importanceWeightedBound());
  }

  private static void print(PrintWriter out, ExactLikelihood integral) {
    row(
        out,
        "log p(x)",
        String.format(
            Locale.ROOT,
            "integral over z; moved by %.4f, at most %.4f, with half the spacing, %.4f with more"
                + " range",
            integral.spacingError(),
            integral.largestSpacingError(),
            integral.rangeError()),
        integral.logLikelihood());
    row(out, "gap", "log p(x) - ELBO, the sum of the next two", integral.gap());
    row(out, "approx.", "log p(x) - the ELBO of the best Gaussian", integral.approximationGap());
    row(out, "amort.", "that ELBO - the encoder's", integral.amortisationGap());
    integral.doubts().forEach(out::println);
  }

  /** An estimate for people. */
  static void row(PrintWriter out, String name, String meaning, Estimate estimate) {
    out.printf(
        Locale.ROOT,
        "  %-8s %9s +- %.2f   %s%n",
        name,
        Numbers.rounded("%.2f", estimate.mean()),
        estimate.standardError(),
        meaning);
  }
}
