// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import io.github.cvaegpu.model.VaeShape;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.SavedModel;
import java.util.List;

/**
 * {@code config.json} beside exported weights: what a program needs to build the network and to
 * make its inputs.
 *
 * @param format version of this file's layout
 * @param program name and version of the program that wrote it
 * @param inputs pixels of an image
 * @param hidden hidden widths of the encoder, in order; the decoder has them reversed
 * @param latent latent dimensions; the encoder gives their means, then their log variances
 * @param activation between linear layers
 * @param likelihood what makes means of the decoder's outputs
 * @param targets what pixels stand for
 * @param sigma standard deviation of a pixel; absent of likelihoods that have none
 * @param image height and width; null where only the number of pixels is known
 * @param input how pictures become inputs
 * @param parametersSha256 SHA-256 of the parameters, as {@code run.json} has it
 */
record ModelConfig(
    int format,
    String program,
    int inputs,
    List<Integer> hidden,
    int latent,
    Activation activation,
    Likelihood likelihood,
    Targets targets,
    @AbsentIfNull Double sigma,
    Image image,
    Input input,
    String parametersSha256) {
  private static final int FORMAT = 1;

  /** The size of an image. */
  record Image(int height, int width, int channels) {}

  /**
   * How pictures become inputs.
   *
   * @param rescaleFactor what a pixel's value, from 0 to 255, is multiplied by
   * @param values what the inputs are, for people
   * @param order which pixel is where, for people
   */
  record Input(double rescaleFactor, String values, String order) {}

  static ModelConfig of(SavedModel model) {
    VaeShape shape = model.shape();
    Targets targets = model.objective().targets();
    Sigma sigma = model.objective().sigma();
    return new ModelConfig(
        FORMAT,
        Program.nameAndVersion(),
        shape.inputs(),
        shape.hidden(),
        shape.latent(),
        shape.activation(),
        model.objective().likelihood(),
        targets,
        sigma == null ? null : sigma.value(),
        model.size().map(size -> new Image(size.height(), size.width(), 1)).orElse(null),
        new Input(ModelFacts.rescaling(targets), ModelFacts.inputs(model), ModelFacts.order(model)),
        model.parametersSha256());
  }

  String toJson() {
    return Json.PRETTY.toJson(this) + "\n";
  }
}
