// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Input;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which images a trained model is given. */
final class InputOptions {
  @Mixin private DataOptions dataOptions;

  @Option(
      names = "--split",
      paramLabel = "test|train|validation",
      description = "Which part of a dataset. Default: test, or all where there is one part.")
  private Split split;

  /** Whether images were named. */
  boolean isAsked() {
    return dataOptions.asked().isPresent() || split != null;
  }

  /** What was named, if something was. */
  Optional<DataChoice> choice() {
    return dataOptions.asked();
  }

  /** The images, of the test part where none is named. */
  ImageSet images(SavedModel model, PrintWriter err, boolean hasBar) {
    return images(model, Split.TEST, err, hasBar);
  }

  /**
   * The images, as the model is {@linkplain io.github.cvaegpu.train.TrainingPlan#given(ImageSet)
   * given} them.
   *
   * @param model that they are for; without another word they are of the dataset that it was
   *     trained on
   * @param otherwise the part that is taken of that dataset where none is named
   * @param err where to warn, and to tell of downloads
   * @param hasBar whether a bar is welcome while pictures are read
   * @throws InputException if they are of another size than the model's
   */
  ImageSet images(SavedModel model, Split otherwise, PrintWriter err, boolean hasBar) {
    Optional<DataChoice> asked = dataOptions.asked();
    // Of its own images a model knows which it was trained on, however they are named.
    boolean isOwnPart =
        asked.equals(model.dataToLoad()) && (split == Split.TRAIN || split == Split.VALIDATION);
    if (asked.isPresent() && !isOwnPart) {
      requireNoValidation(split);
      Input input = dataOptions.images(asked.get(), Optional.ofNullable(split), err, hasBar);
      return model.plan().given(fitting(model, input.name(), input.images()));
    }
    DataChoice own =
        model
            .dataToLoad()
            .orElseThrow(
                () ->
                    new InputException(
                        "The model does not say where the images of %s are: name them with --input."
                            .formatted(model.datasetName())));
    Dataset dataset = dataOptions.load(own, err, err, hasBar);
    if (!dataset.sha256().equals(model.datasetSha256())) {
      throw new InputException(
          "The model was trained on other images than those of %s (%s): name them with --input."
              .formatted(dataset.name(), dataset.origin()));
    }
    Split part = split == null ? otherwise : split;
    ImageSet images = model.plan().images(model.plan().given(dataset), part);
    return fitting(model, dataset.name(), images);
  }

  /** Refuses a part that only the dataset has that a model was trained on. */
  static void requireNoValidation(Split split) {
    if (split == Split.VALIDATION) {
      throw new InputException(
          "--split validation is a part of the images that the model was trained on: name no"
              + " others.");
    }
  }

  private static ImageSet fitting(SavedModel model, String name, ImageSet images) {
    model.requireTakes("The images of " + name, images);
    return images;
  }

  /** Refuses a number that no image has. */
  static void requireImage(String option, int image, ImageSet images) {
    if (image < 0 || image >= images.size()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s must be from 0 to %d, the number of the last image, not %d.",
              option,
              images.size() - 1,
              image));
    }
  }

  /** Posterior mean of one image, (latent). */
  static float[] mean(VaeModel model, ImageSet images, int image) {
    float[] mean = new float[model.shape().latent()];
    model.encode(images, image, 1, mean, new float[mean.length]);
    return mean;
  }
}
