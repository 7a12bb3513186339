// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.SavedModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/** What exported files say of a model in words and numbers. */
final class ModelFacts {
  /** The name of the program that writes them. */
  static final String PROGRAM = "cvae-gpu";

  private ModelFacts() {}

  /** How the network's inputs are made of a picture's bytes. */
  static String inputs(SavedModel model) {
    return switch (model.objective().targets()) {
      case GREY -> "intensities v / 255 of grey pixels v from 0, black, to 255, white";
      case BINARIZED ->
          "0, black, or 1, white, drawn of grey pixels with their intensities v / 255 as the"
              + " probabilities of white";
    };
  }

  /** What intensities are multiplied by; in a file, for programs. */
  static double rescaling(Targets targets) {
    return switch (targets) {
      case GREY, BINARIZED -> 1 / 255.0;
    };
  }

  /** Which pixel is where. */
  static String order(SavedModel model) {
    return model
        .size()
        .map(size -> "row by row from the top, %s".formatted(text(size)))
        .orElse("in the order of the images that it was trained on");
  }

  /** Height and width, as this program writes them. */
  static String text(ImageSize size) {
    return size.height() + " x " + size.width();
  }

  /** The sizes of the network, e.g. {@code 784 - 400 - 50 - 2 x 2, 2 - 50 - 400 - 784}. */
  static String network(VaeShape shape) {
    var encoder = new StringBuilder().append(shape.inputs());
    shape.hidden().forEach(width -> encoder.append(" - ").append(width));
    var decoder = new StringBuilder().append(shape.latent());
    shape.hidden().reversed().forEach(width -> decoder.append(" - ").append(width));
    return encoder
        .append(" - 2 x ")
        .append(shape.latent())
        .append(", ")
        .append(decoder)
        .append(" - ")
        .append(shape.inputs())
        .toString();
  }

  /** The activation between linear layers, for people. */
  static String activation(VaeShape shape) {
    return switch (shape.activation()) {
      case RELU -> "ReLU";
      case TANH -> "tanh";
    };
  }

  /** Which run a model is of and where it stands: texts by their names, for a file's metadata. */
  static Map<String, String> identity(SavedModel model) {
    SequencedMap<String, String> identity = new LinkedHashMap<>();
    identity.put("program", Program.nameAndVersion());
    identity.put("parameters_sha256", model.parametersSha256());
    identity.put("plan", Json.COMPACT.toJson(model.plan()));
    identity.put("steps", Long.toString(model.steps()));
    identity.put("dataset", model.datasetName());
    identity.put("dataset_sha256", Json.COMPACT.toJson(new TreeMap<>(model.datasetSha256())));
    model
        .size()
        .ifPresent(
            size -> {
              identity.put("image_height", Integer.toString(size.height()));
              identity.put("image_width", Integer.toString(size.width()));
            });
    return identity;
  }
}
