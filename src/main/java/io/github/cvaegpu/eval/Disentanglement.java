// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.Factors;
import io.github.cvaegpu.data.Factors.Factor;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How far each latent dimension is about one of the factors that a dataset's images were made of:
 * of held-out images, by their posterior means. Each score is from 0 to 1; docs/metrics.md says
 * what each is of a code that tells nothing.
 *
 * @param mig mean over factors of the {@link InformationGap}
 * @param sap mean over factors of the {@link AttributeGap}
 * @param factorVae the FactorVAE score, by {@link FactorVotes}; NaN if every dimension is inactive
 * @param dci disentanglement, completeness and informativeness
 * @param factors of each factor its part in them
 */
public record Disentanglement(
    double mig, double sap, double factorVae, Dci dci, List<FactorScores> factors) {

  /** Fewer images of a value say too little of it. */
  private static final int IMAGES_A_VALUE = 10;

  /**
   * A factor's part in the scores.
   *
   * @param name the factor
   * @param values number of its values
   * @param mig its information gap
   * @param sap its attribute gap
   * @param completeness how far it is in one dimension
   * @param informativeness share of held-out images whose value is told
   */
  public record FactorScores(
      String name,
      int values,
      double mig,
      double sap,
      double completeness,
      double informativeness) {}

  /**
   * Measures a latent space.
   *
   * @param train of the images that the model was trained on, with factors
   * @param test of held-out images, with the same factors
   * @param seed of which images vote
   * @throws InputException if there are too few images
   */
  static Disentanglement of(Posterior train, Posterior test, long seed) {
    List<Factor> factors = test.images().factors().orElseThrow().all();
    if (!train.images().factors().orElseThrow().all().equals(factors)) {
      throw new IllegalArgumentException("other factors of the training images");
    }
    requireEnough(train, "training");
    requireEnough(test, "held-out");
    Dci.Parts parts = Dci.parts(train, test);
    List<FactorScores> scores =
        IntStream.range(0, factors.size())
            .parallel()
            .mapToObj(factor -> scores(test, factor, parts))
            .toList();
    return new Disentanglement(
        mean(scores, FactorScores::mig),
        mean(scores, FactorScores::sap),
        FactorVotes.score(test, seed),
        parts.dci(),
        scores);
  }

  private static FactorScores scores(Posterior test, int factor, Dci.Parts parts) {
    Factors factors = test.images().factors().orElseThrow();
    Factor its = factors.all().get(factor);
    return new FactorScores(
        its.name(),
        its.size(),
        InformationGap.of(test, image -> factors.value(image, factor), its.size()),
        AttributeGap.of(test, factor),
        parts.completeness(factor),
        parts.accuracies()[factor]);
  }

  private static double mean(List<FactorScores> scores, ToDoubleFunction<FactorScores> of) {
    return scores.stream().mapToDouble(of).average().orElseThrow();
  }

  private static void requireEnough(Posterior posterior, String which) {
    Factors factors = posterior.images().factors().orElseThrow();
    for (int factor = 0; factor < factors.all().size(); factor++) {
      Factor its = factors.all().get(factor);
      int[] counts = new int[its.size()];
      for (int image = 0; image < factors.images(); image++) {
        counts[factors.value(image, factor)]++;
      }
      for (int value = 0; value < counts.length; value++) {
        if (counts[value] < IMAGES_A_VALUE) {
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "Scores of disentanglement need %d images or more of each value of a factor, but"
                      + " of the %,d %s images %d have the value %d of %s.",
                  IMAGES_A_VALUE,
                  factors.images(),
                  which,
                  counts[value],
                  value,
                  its.name()));
        }
      }
    }
  }
}
