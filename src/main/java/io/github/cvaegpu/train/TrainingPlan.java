// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ConstantBeta;
import io.github.cvaegpu.control.PiController;
import io.github.cvaegpu.control.PiSettings;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.TrainingSettings;
import io.github.cvaegpu.model.VaeShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Everything that decides what a run computes. Two runs of one plan on one kind of engine are
 * bit-identical; what may differ without changing the numbers (threads, where the files are) is not
 * here.
 *
 * @param model what decides beta
 * @param controller the PI controller's settings; unused by a beta-VAE
 * @param beta the beta-VAE's weight of the KL divergence; unused by a ControlVAE
 * @param epochs passes over the training set
 * @param batchSize images in a batch
 * @param learningRate Adam's step size
 * @param latent latent dimensions
 * @param hidden hidden widths of the encoder
 * @param seed where all random numbers come from
 * @param data the dataset as it was asked for
 */
public record TrainingPlan(
    Model model,
    PiSettings controller,
    double beta,
    int epochs,
    int batchSize,
    double learningRate,
    int latent,
    List<Integer> hidden,
    long seed,
    String data) {

  /** A checkpoint has a checksum of each epoch: of as many, 69 MB. */
  public static final int MAX_EPOCHS = 1_000_000;

  /** Refuses what no run can use. */
  public TrainingPlan {
    // A file's plan may lack any part.
    if (model == null || controller == null || hidden == null || data == null) {
      throw new InputException(
          "A plan needs a model, a controller's settings, hidden widths and a dataset.");
    }
    // Whatever the images: a network that cannot be is refused before they are loaded.
    hidden = new VaeShape(1, hidden, latent).hidden();
    if (epochs < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "The number of epochs must be 1 or more, not %d.", epochs));
    }
    if (epochs > MAX_EPOCHS) {
      throw new InputException(
          String.format(
              Locale.ROOT, "The number of epochs must be at most %d, not %d.", MAX_EPOCHS, epochs));
    }
    if (batchSize < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "The batch size must be 1 or more, not %d.", batchSize));
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new InputException(
          "The learning rate must be a positive number, not %s.".formatted(learningRate));
    }
    if (!isPositiveFloat(learningRate)) {
      throw new InputException(
          "The learning rate must be positive and finite as a 32-bit float, which %s is not."
              .formatted(learningRate));
    }
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new InputException("Beta must be zero or a positive number, not %s.".formatted(beta));
    }
    if (beta > 0 && !isPositiveFloat(beta)) {
      throw new InputException(
          "Beta must be zero, or positive and finite as a 32-bit float, which %s is not."
              .formatted(beta));
    }
  }

  /** Engines compute in floats: what overflows or vanishes there would train something else. */
  private static boolean isPositiveFloat(double value) {
    return (float) value > 0 && Float.isFinite((float) value);
  }

  /** The study's ControlVAE. */
  public static TrainingPlan study() {
    VaeShape shape = VaeShape.study();
    return new TrainingPlan(
        Model.CONTROL,
        PiSettings.defaults(),
        1,
        200,
        128,
        1e-4,
        shape.latent(),
        shape.hidden(),
        0,
        "auto");
  }

  /** The network for images of a size. */
  public VaeShape shape(int inputs) {
    return new VaeShape(inputs, hidden, latent);
  }

  /** A new controller, before its first step. */
  public BetaController newController() {
    return switch (model) {
      case CONTROL -> new PiController(controller);
      case BETA -> new ConstantBeta(beta);
    };
  }

  /** What an engine has to know of the plan. */
  public TrainingSettings settings() {
    return new TrainingSettings(seed, batchSize, learningRate);
  }

  /** This plan with another set point. */
  public TrainingPlan withSetPoint(double setPoint) {
    return new TrainingPlan(
        model,
        new PiSettings(
            setPoint,
            controller.kp(),
            controller.ki(),
            controller.betaMin(),
            controller.betaMax(),
            controller.antiWindup()),
        beta,
        epochs,
        batchSize,
        learningRate,
        latent,
        hidden,
        seed,
        data);
  }

  /** This plan with its images named otherwise. */
  public TrainingPlan withData(String name) {
    return new TrainingPlan(
        model, controller, beta, epochs, batchSize, learningRate, latent, hidden, seed, name);
  }

  /** This plan with what may change between the parts of one run taken from another. */
  TrainingPlan withEpochsAndDataOf(TrainingPlan other) {
    return new TrainingPlan(
        model,
        controller,
        beta,
        other.epochs,
        batchSize,
        learningRate,
        latent,
        hidden,
        seed,
        other.data);
  }

  /**
   * The settings in which another plan differs, apart from those that may change between the parts
   * of one run: each by its name in {@code run.json}, with both values.
   */
  List<String> differences(TrainingPlan other) {
    return differences(
        Json.PRETTY.toJsonTree(withEpochsAndDataOf(other)).getAsJsonObject(),
        Json.PRETTY.toJsonTree(other).getAsJsonObject());
  }

  private static List<String> differences(JsonObject one, JsonObject other) {
    List<String> differences = new ArrayList<>();
    for (var setting : one.entrySet()) {
      JsonElement here = setting.getValue();
      JsonElement there = other.get(setting.getKey());
      if (here.isJsonObject()) {
        differences.addAll(differences(here.getAsJsonObject(), there.getAsJsonObject()));
      } else if (!here.equals(there)) {
        differences.add("%s %s against %s".formatted(setting.getKey(), here, there));
      }
    }
    return differences;
  }

  /**
   * Refuses images that this plan cannot be trained on.
   *
   * @throws InputException if a batch is larger than the whole set
   */
  public void requireFits(ImageSet images) {
    if (batchSize > images.size()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "A batch of %d does not fit the %d training images.",
              batchSize,
              images.size()));
    }
  }
}
