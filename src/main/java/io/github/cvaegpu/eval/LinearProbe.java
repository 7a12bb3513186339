// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.eval;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;

/**
 * Tells an image's label by a linear function of its posterior mean: whether straight cuts through
 * the latent space keep the labels apart.
 *
 * <p>Logistic regression, one label against the rest, with an L2 penalty, by LIBLINEAR: R. Fan et
 * al., "LIBLINEAR: a library for large linear classification", JMLR 9 (2008). Each dimension is
 * brought to mean 0 and variance 1 over the training set first.
 */
final class LinearProbe {
  /** Weight of the loss against the penalty. */
  static final double COST = 1;

  private static final double TOLERANCE = 1e-3;
  private static final double BIAS = 1;

  private final double[] mean;
  private final double[] deviation;
  private final Model model;

  /** Fits the probe. */
  LinearProbe(Posterior train) {
    int latent = train.latent();
    mean = new double[latent];
    deviation = new double[latent];
    for (int j = 0; j < latent; j++) {
      DimensionStatistics statistics = DimensionStatistics.of(train, j);
      mean[j] = statistics.mean();
      // A dimension that is the same for all images tells nothing, whatever it is divided by.
      deviation[j] = statistics.variance() > 0 ? Math.sqrt(statistics.variance()) : 1;
    }
    var problem = new Problem();
    problem.l = train.size();
    problem.n = latent + 1;
    problem.bias = BIAS;
    problem.x = new Feature[train.size()][];
    problem.y = new double[train.size()];
    for (int i = 0; i < train.size(); i++) {
      problem.x[i] = features(train, i);
      problem.y[i] = train.images().label(i);
    }
    Linear.disableDebugOutput();
    // The primal solver: it draws no random numbers.
    model = Linear.train(problem, new Parameter(SolverType.L2R_LR, COST, TOLERANCE));
  }

  private Feature[] features(Posterior posterior, int image) {
    int latent = posterior.latent();
    Feature[] features = new Feature[latent + 1];
    for (int j = 0; j < latent; j++) {
      features[j] = new FeatureNode(j + 1, (posterior.mean(image, j) - mean[j]) / deviation[j]);
    }
    features[latent] = new FeatureNode(latent + 1, BIAS);
    return features;
  }

  /** Share of a test set's images whose label is told right. */
  double accuracy(Posterior test) {
    int right = 0;
    for (int i = 0; i < test.size(); i++) {
      right += Linear.predict(model, features(test, i)) == test.images().label(i) ? 1 : 0;
    }
    return (double) right / test.size();
  }
}
