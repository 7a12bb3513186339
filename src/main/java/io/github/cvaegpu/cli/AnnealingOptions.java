// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.eval.AnnealedLikelihood;
import io.github.cvaegpu.eval.AnnealedLikelihood.Check;
import io.github.cvaegpu.eval.AnnealedLikelihood.Effort;
import io.github.cvaegpu.eval.ImageScores;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options about annealed importance sampling. */
final class AnnealingOptions {
  // What their help says. For the study's network about a minute on two cores.
  private static final int IMAGES = 20;
  private static final int CHAINS = 8;
  private static final int STEPS = 1000;

  @Option(
      names = "--ais",
      description = "Estimate log p(x) of some images by annealing too. Default: do not.")
  private boolean isAsked;

  @Option(
      names = "--ais-images",
      paramLabel = "N",
      description = "Anneal for the first N of the images. Default: " + IMAGES + ".")
  private Integer images;

  @Option(
      names = "--ais-chains",
      paramLabel = "N",
      description = "Chains for each image, 2 or more. Default: " + CHAINS + ".")
  private Integer chains;

  @Option(
      names = "--ais-steps",
      paramLabel = "N",
      description = "Steps from prior to posterior, 2 or more. Default: " + STEPS + ".")
  private Integer steps;

  /** Whether {@code --ais} is there. */
  boolean isAsked() {
    return isAsked;
  }

  /** Refuses what cannot be done, before anything is loaded. */
  void check() {
    checkOne("--ais-images", images, 1, AnnealedLikelihood.MAX_IMAGES);
    checkOne("--ais-chains", chains, 2, AnnealedLikelihood.MAX_CHAINS);
    checkOne("--ais-steps", steps, 2, AnnealedLikelihood.MAX_STEPS);
  }

  private void checkOne(String option, Integer given, int least, int most) {
    if (given == null) {
      return;
    }
    if (!isAsked) {
      throw new InputException("%s is for --ais, which is not there.".formatted(option));
    }
    Given.requireIn(option, given, least, most);
  }

  /**
   * Anneals, if it was asked for.
   *
   * @param scored the images, of which the first are taken
   * @param scores of them
   * @param err told where there are fewer images than were asked for
   * @return null if it was not asked for
   */
  AnnealedLikelihood run(SavedModel model, ImageSet scored, ImageScores scores, PrintWriter err) {
    if (!isAsked) {
      return null;
    }
    if (images != null && images > scored.size()) {
      err.println(
          String.format(
              Locale.ROOT,
              "Warning: there are %,d images to score, fewer than --ais-images %,d asks for.",
              scored.size(),
              images));
    }
    return AnnealedLikelihood.of(
        model.objective(),
        model.layout(),
        model.parameters(),
        scored.first(Given.or(images, IMAGES)),
        scores,
        new Effort(Given.or(chains, CHAINS), Given.or(steps, STEPS)),
        model.seed());
  }

  /** The figures for people. */
  static void print(PrintWriter out, AnnealedLikelihood annealed) {
    EvaluateCommand.row(
        out,
        "AIS",
        String.format(
            Locale.ROOT,
            "log p(x) from below, of the first %,d images; %.2f of the error is the chains'",
            annealed.images(),
            annealed.chainError()),
        annealed.logLikelihood());
    EvaluateCommand.row(out, "gap", "AIS - ELBO of the same images", annealed.gap());
    Check check = annealed.check();
    EvaluateCommand.row(
        out,
        "check",
        String.format(
            Locale.ROOT,
            "from %.2f below to %.2f above, of %,d images that the model drew; at most %.2f",
            check.lower().mean(),
            check.upper().mean(),
            check.images(),
            check.largestGap()),
        check.gap());
    annealed.doubts().forEach(out::println);
  }
}
