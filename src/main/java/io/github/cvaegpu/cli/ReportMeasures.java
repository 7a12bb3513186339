// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.AggregatePosterior;
import io.github.cvaegpu.eval.AggregatePosterior.Parts;
import io.github.cvaegpu.eval.AnnealedLikelihood;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.eval.ExactLikelihood;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.eval.LatentMeasures;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.Block.Paragraph;
import io.github.cvaegpu.report.Block.Table;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code report} measures of the models where it is asked to: a table each. */
final class ReportMeasures {
  @Option(
      names = "--exact",
      description = "Give log p(x) of test images too, for 1 or 2 latents. Default: do not.")
  private boolean exact;

  @Mixin private AnnealingOptions annealing;

  @Option(
      names = "--latent",
      description = "Give active units and the parts of KL too. Default: do not.")
  private boolean latentSpace;

  private final List<List<String>> integrals = new ArrayList<>();
  private final List<List<String>> annealed = new ArrayList<>();
  private final List<List<String>> latentSpaces = new ArrayList<>();

  /** Refuses what cannot be done, before anything is loaded. */
  void check() {
    annealing.check();
  }

  /**
   * Measures a run's model.
   *
   * @param checkpoint the run's
   * @param model with its parameters
   * @param posterior of the test images, as the model is given them
   * @param err told what cannot be measured or is doubtful
   */
  void measure(
      Run run, Checkpoint checkpoint, VaeModel model, Posterior posterior, PrintWriter err) {
    boolean integrates = exact && posterior.latent() <= ExactLikelihood.MAX_LATENT;
    if (exact && !integrates) {
      err.println(
          String.format(
              Locale.ROOT,
              "Warning: %s has %d latent dimensions, of which --exact integrates %d at most.",
              run.folder(),
              posterior.latent(),
              ExactLikelihood.MAX_LATENT));
    }
    if (integrates || annealing.isAsked()) {
      ImageScores scores =
          new Evaluator(model, checkpoint.plan().seed()).score(posterior.images(), 1);
      scores.requireFinite();
      if (integrates) {
        integrate(run, checkpoint, model, posterior, scores, err);
      }
      if (annealing.isAsked()) {
        anneal(run, checkpoint, posterior, scores, err);
      }
    }
    if (latentSpace) {
      measure(run, checkpoint, posterior);
    }
  }

  private void integrate(
      Run run,
      Checkpoint checkpoint,
      VaeModel model,
      Posterior posterior,
      ImageScores scores,
      PrintWriter err) {
    ExactLikelihood integral =
        IntegralBar.integrate(
            model, checkpoint.objective(), posterior, scores, new double[scores.size()], true);
    warn(run, integral.doubts(), err);
    integrals.add(
        List.of(
            run.name(),
            checkpoint.objective().title(),
            text(integral.logLikelihood()),
            text(scores.evaluation().elbo()),
            text(integral.gap()),
            text(integral.approximationGap()),
            text(integral.amortisationGap())));
  }

  private void anneal(
      Run run, Checkpoint checkpoint, Posterior posterior, ImageScores scores, PrintWriter err) {
    AnnealedLikelihood found =
        annealing.run(SavedModel.of(checkpoint), posterior.images(), scores, err);
    warn(run, found.doubts(), err);
    annealed.add(
        List.of(
            run.name(),
            checkpoint.objective().title(),
            String.format(Locale.ROOT, "%,d", found.images()),
            text(found.logLikelihood()),
            text(found.elbo()),
            text(found.gap()),
            text(found.check().gap())));
  }

  private void measure(Run run, Checkpoint checkpoint, Posterior posterior) {
    AggregatePosterior aggregate = AggregatePosterior.of(posterior, checkpoint.plan().seed());
    latentSpaces.add(
        List.of(
            run.name(),
            LatentMeasures.activeUnits(posterior) + " of " + posterior.latent(),
            text(aggregate.klDivergence()),
            text(aggregate, Parts::mutualInformation),
            text(aggregate, Parts::klToPrior),
            text(aggregate, Parts::totalCorrelation),
            text(aggregate, Parts::dimensionKl)));
  }

  private static void warn(Run run, List<String> doubts, PrintWriter err) {
    doubts.forEach(doubt -> err.println("Warning: %s: %s".formatted(run.name(), doubt)));
  }

  /** Of a single image there is no error to know. */
  private static String text(Estimate estimate) {
    String mean = Numbers.rounded("%.2f", estimate.mean());
    return estimate.standardError() == 0
        ? mean
        : String.format(Locale.ROOT, "%s ± %.2f", mean, estimate.standardError());
  }

  private static String text(AggregatePosterior aggregate, Function<Parts, Estimate> part) {
    return String.format(
        Locale.ROOT,
        "%s (%s)",
        text(part.apply(aggregate.plugIn())),
        Numbers.rounded("%.2f", part.apply(aggregate.leaveOneOut()).mean()));
  }

  /** What was measured. */
  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    if (!integrals.isEmpty()) {
      sections.add(
          section(
              "Likelihood of the test images",
              "log p(x) by integration over the latent space, nats per image, with its standard"
                  + " error over images. What the ELBO is below it is the gap: the part that no"
                  + " normal posterior with independent dimensions can close, and the encoder's."
                  + " Under different likelihoods log p(x) means different things.",
              List.of(
                  "run",
                  "likelihood",
                  "log p(x)",
                  "ELBO",
                  "gap",
                  "approximation gap",
                  "amortisation gap"),
              integrals));
    }
    if (!annealed.isEmpty()) {
      sections.add(
          section(
              "Likelihood by annealing",
              "log p(x) of the first test images by annealed importance sampling, from below, nats"
                  + " per image, with its standard error over images; the ELBO is of the same ones."
                  + " The check is the distance of the bounds from above and below on images that"
                  + " the model drew. Under different likelihoods log p(x) means different things.",
              List.of("run", "likelihood", "images", "log p(x)", "ELBO", "gap", "check"),
              annealed));
    }
    if (!latentSpaces.isEmpty()) {
      sections.add(
          section(
              "What the latent dimensions hold",
              String.format(
                  Locale.ROOT,
                  "Of test images, nats. Active units have posterior means with a variance above"
                      + " %s. KL is what the image and its latent point tell of each other, I(x;"
                      + " z), and how far all latent points together are from the prior, KL(q(z) ||"
                      + " p(z)), which is their total correlation and what each dimension is off by"
                      + " itself. In brackets is the same with a point's own image left out of"
                      + " q(z): the two are off in opposite ways.",
                  LatentMeasures.ACTIVE_VARIANCE),
              List.of(
                  "run",
                  "active units",
                  "KL",
                  "I(x; z)",
                  "KL(q(z) || p(z))",
                  "total correlation",
                  "KL of each q(z_j), summed"),
              latentSpaces));
    }
    return sections;
  }

  private static Section section(
      String title, String text, List<String> heads, List<List<String>> rows) {
    return new Section(title, List.of(new Paragraph(text), new Table(heads, rows)));
  }
}
