// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.model.Linear;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** Models for tests that nobody has trained, with weights and biases that matter. */
public final class SavedModels {
  private SavedModels() {}

  /** A model of some size and objective, as if it were exported. */
  public static SavedModel of(
      ImageSize size, List<Integer> hidden, int latent, Objective objective) {
    return of(size, new NetworkSettings(hidden, latent), objective);
  }

  /** The same of any network. */
  public static SavedModel of(ImageSize size, NetworkSettings network, Objective objective) {
    var plan = new TrainingPlan(new ConstantRule(1), objective, network, Schedule.defaults(), 3);
    ParameterLayout layout = plan.layout(size.pixels());
    float[] parameters = new float[layout.size()];
    var random = new Random(network.latent());
    Stream.of(layout.encoder(), layout.decoder())
        .flatMap(List::stream)
        .forEach(layer -> fill(layer, parameters, random));
    if (layout.learnsSigma()) {
      parameters[layout.logSigma()] = -1.5f;
    }
    var images =
        new Checkpoint.Images(
            "drawn", Dataset.Status.UNVERIFIED, size, Map.of("train-images-idx3-ubyte", "ab"));
    return new SavedModel(layout, parameters, plan, images, 7, Optional.empty());
  }

  /** Outputs of a layer are about as large as its inputs. */
  private static void fill(Linear layer, float[] parameters, Random random) {
    for (int i = 0; i < layer.in() * layer.out(); i++) {
      parameters[layer.weight() + i] = (float) (random.nextGaussian() / Math.sqrt(layer.in()));
    }
    for (int i = 0; i < layer.out(); i++) {
      parameters[layer.bias() + i] = (float) (0.3 * random.nextGaussian());
    }
  }
}
