// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.NetworkSettings;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Everything that decides what a run computes, but the images. Two runs of one plan on the same
 * images and one kind of engine are bit-identical; what may differ without changing the numbers
 * (threads, where the files are) is not here.
 *
 * @param rule what decides beta
 * @param objective what is trained for
 * @param network the network
 * @param schedule how long and in which steps
 * @param seed where all random numbers come from
 */
public record TrainingPlan(
    BetaRule rule, Objective objective, NetworkSettings network, Schedule schedule, long seed) {

  /** Refuses a part that is missing, with an {@link InputException}: a file's plan may lack any. */
  public TrainingPlan {
    if (rule == null || objective == null || network == null || schedule == null) {
      throw new InputException("A plan needs a rule, an objective, a network and a schedule.");
    }
  }

  /** What is trained where nothing else is asked for. */
  public static TrainingPlan defaults() {
    return new TrainingPlan(
        HoldRule.defaults(), Objective.study(), NetworkSettings.study(), Schedule.defaults(), 0);
  }

  /** Passes over the training set. */
  public int epochs() {
    return schedule.epochs();
  }

  /** Images in a batch. */
  public int batchSize() {
    return schedule.batchSize();
  }

  /**
   * Steps of the whole run.
   *
   * @param images to train with
   */
  public long steps(int images) {
    return (long) epochs() * Math.ceilDiv(images, batchSize());
  }

  /** Adam's step size. */
  public double learningRate() {
    return schedule.learningRate();
  }

  /** Latent dimensions. */
  public int latent() {
    return network.latent();
  }

  /** Hidden widths of the encoder. */
  public List<Integer> hidden() {
    return network.hidden();
  }

  /** The network for images of a size, in pixels. */
  public VaeShape shape(int inputs) {
    return network.shape(inputs);
  }

  /** What an engine has to know of the plan. */
  public TrainingSettings settings() {
    return new TrainingSettings(objective, rule.klTerm(), seed, batchSize(), learningRate());
  }

  /**
   * A model on a device to be trained by this plan, to be closed. Its parameters are yet to be
   * restored.
   *
   * @throws io.github.cvaegpu.engine.EngineException if there is too little memory
   */
  public Trainee trainee(Accelerator accelerator, ImageSet images) {
    return accelerator.trainee(shape(images.imageSize()), settings(), images);
  }

  /** This plan with something else that decides beta. */
  public TrainingPlan withRule(BetaRule other) {
    return new TrainingPlan(other, objective, network, schedule, seed);
  }

  /** This plan with another number of epochs, which may change between the parts of one run. */
  public TrainingPlan withEpochs(int number) {
    return new TrainingPlan(rule, objective, network, schedule.withEpochs(number), seed);
  }

  /** This plan with another seed. */
  public TrainingPlan withSeed(long other) {
    return new TrainingPlan(rule, objective, network, schedule, other);
  }

  /**
   * The settings in which another plan differs, apart from those that may change between the parts
   * of one run: each by its name in {@code run.json}, with both values.
   */
  List<String> differences(TrainingPlan other) {
    return differences(
        Json.PRETTY.toJsonTree(withEpochs(other.epochs())).getAsJsonObject(),
        Json.PRETTY.toJsonTree(other).getAsJsonObject());
  }

  private static List<String> differences(JsonObject one, JsonObject other) {
    List<String> differences = new ArrayList<>();
    for (var setting : one.entrySet()) {
      JsonElement here = setting.getValue();
      JsonElement there = other.get(setting.getKey());
      if (here.isJsonObject() && isOfSameKind(here, there)) {
        differences.addAll(differences(here.getAsJsonObject(), there.getAsJsonObject()));
      } else if (!here.equals(there)) {
        differences.add("%s %s against %s".formatted(setting.getKey(), here, there));
      }
    }
    return differences;
  }

  /** Two rules have nothing to compare but their names. */
  private static boolean isOfSameKind(JsonElement one, JsonElement other) {
    return one.getAsJsonObject().keySet().equals(other.getAsJsonObject().keySet());
  }

  /**
   * Refuses images that this plan cannot be trained on.
   *
   * @throws InputException if a batch is larger than the whole set
   */
  public void requireFits(ImageSet images) {
    if (batchSize() > images.size()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A batch of %d does not fit the %d training images.",
              batchSize(),
              images.size()));
    }
  }
}
