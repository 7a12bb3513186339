// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import io.github.cvaegpu.data.Factors;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Disentanglement, completeness and informativeness: how far each dimension is about one factor,
 * how far each factor is in one dimension, and how well factors can be told from all of them. C.
 * Eastwood, C. Williams, "A framework for the quantitative evaluation of disentangled
 * representations", ICLR 2018.
 *
 * <p>What is important for what is asked of {@link BoostedTrees} fitted on the training images'
 * means, as F. Locatello et al., "Challenging common assumptions in the unsupervised learning of
 * disentangled representations", ICML 2019, do: straight lines would find nothing of a factor that
 * goes round, as a rotation does. Informativeness is their accuracy on held-out images.
 *
 * @param disentanglement mean over dimensions of 1 - the entropy of the factors that it is
 *     important for, in units of its largest value, weighted by the dimension's importance
 * @param completeness the same with dimensions and factors exchanged
 * @param informativeness mean over factors of the share of held-out images whose value is told
 */
public record Dci(double disentanglement, double completeness, double informativeness) {
  /** Images that trees are fitted on. */
  static final int MAX_IMAGES = 10_000;

  /**
   * What it is made of.
   *
   * @param importances by factor and dimension
   * @param accuracies by factor
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Parts(double[][] importances, double[] accuracies) {
    /** How far each factor is in one dimension. */
    double completeness(int factor) {
      return concentration(importances[factor]);
    }

    Dci dci() {
      return new Dci(
          weighted(transposed(importances)),
          weighted(importances),
          Arrays.stream(accuracies).average().orElseThrow());
    }
  }

  /** Fits the trees, on the first {@value #MAX_IMAGES} training images. */
  static Parts parts(Posterior train, Posterior test) {
    Columns columns = Columns.of(train, MAX_IMAGES);
    Factors known = train.images().factors().orElseThrow();
    Factors asked = test.images().factors().orElseThrow();
    int factors = known.all().size();
    double[][] importances = new double[factors][];
    double[] accuracies = new double[factors];
    IntStream.range(0, factors)
        .parallel()
        .forEach(
            factor -> {
              var trees =
                  new BoostedTrees(
                      columns, image -> known.value(image, factor), known.all().get(factor).size());
              importances[factor] = trees.importances();
              long told =
                  IntStream.range(0, test.size())
                      .filter(i -> trees.predict(test.mean(i)) == asked.value(i, factor))
                      .count();
              accuracies[factor] = (double) told / test.size();
            });
    return new Parts(importances, accuracies);
  }

  /** Mean of the rows' concentrations, each weighted by its share of all; 0 if all is 0. */
  private static double weighted(double[][] rows) {
    double all = 0;
    double sum = 0;
    for (double[] row : rows) {
      double its = Arrays.stream(row).sum();
      all += its;
      sum += its * concentration(row);
    }
    return all > 0 ? sum / all : 0;
  }

  /**
   * 1 - the entropy of shares in units of the largest that it can be: 1 if one of them has all, 0
   * if all are the same, and 0 if there is nothing to share. Alone it has all: 1.
   */
  private static double concentration(double[] amounts) {
    double sum = Arrays.stream(amounts).sum();
    if (!(sum > 0)) {
      return 0;
    }
    double entropy = 0;
    for (double amount : amounts) {
      double share = amount / sum;
      entropy -= share > 0 ? share * Math.log(share) : 0;
    }
    return amounts.length > 1 ? Math.max(0, 1 - entropy / Math.log(amounts.length)) : 1;
  }

  private static double[][] transposed(double[][] rows) {
    double[][] columns = new double[rows[0].length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        columns[j][i] = rows[i][j];
      }
    }
    return columns;
  }
}
