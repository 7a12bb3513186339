// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.report.PointDecoder;
import io.github.cvaegpu.report.Traversal;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code traverse}: draws what each latent dimension does. */
@Command(
    name = "traverse",
    description = {
      TraverseCommand.WHAT,
      "A row a dimension, which goes from -R to R while the others stay where they are: at 0, or at"
          + " the posterior mean of an image. FILE.png is a picture, FILE.gif an animation.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class TraverseCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Draws what each latent dimension of a model does.";

  private static final int MAX_DIMENSIONS = 64;
  private static final int MAX_STEPS = 100;
  private static final int GIF_SCALE = 4;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--image",
      paramLabel = "I",
      description = "Start at this image of --input, from 0. Default: at the origin.")
  private Integer image;

  @Option(
      names = "--dimensions",
      paramLabel = "J,J...",
      split = CommandOptions.COMMAS,
      hideParamSyntax = true,
      description = "Dimensions, from 1. Default: all, but at most 64.")
  private List<Integer> dimensions;

  @Option(
      names = "--range",
      paramLabel = "R",
      defaultValue = "3",
      description = "How far a dimension goes. Default: ${DEFAULT-VALUE}.")
  private double range;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Images in a row of the picture. Default: 11.")
  private Integer steps;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    outputOptions.orElse("traverse.png");
    boolean isAnimation = outputOptions.ending(".png", ".gif").equals(".gif");
    check(isAnimation);
    outputOptions.requireFree(inputOptions.choice());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    ImageSize size = ModelOptions.size(saved);
    List<Integer> shown = shown(saved.shape().latent());
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    Optional<ImageSet> images =
        image == null ? Optional.empty() : Optional.of(inputOptions.images(saved, err, true));
    images.ifPresent(set -> InputOptions.requireImage("--image", image, set));
    byte[] picture;
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      VaeModel model = chosen.first();
      float[] start =
          images
              .map(set -> InputOptions.mean(model, set, image))
              .orElseGet(() -> new float[saved.shape().latent()]);
      var traversal =
          new Traversal(
              PointDecoder.of(model),
              List.of(start),
              shown,
              (float) range,
              size.height(),
              size.width());
      picture = isAnimation ? traversal.gif(GIF_SCALE) : traversal.png(Given.or(steps, 11));
    }
    outputOptions.write(out -> out.write(picture));
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(
            Locale.ROOT,
            "%d dimension%s from %s to %s, %s",
            shown.size(),
            shown.size() == 1 ? "" : "s",
            Numbers.plain(-range),
            Numbers.plain(range),
            image == null ? "the others 0" : "the others those of image " + image));
    return ExitCode.OK;
  }

  private void check(boolean isAnimation) {
    if (!(range > 0) || range > 100) {
      throw new InputException(
          "--range must be above 0 and at most 100, not %s.".formatted(Numbers.plain(range)));
    }
    if (steps != null && isAnimation) {
      throw new InputException("--steps is for a picture: an animation goes in steps of its own.");
    }
    if (steps != null) {
      Given.requireIn("--steps", steps, 2, MAX_STEPS);
    }
    if (image == null && inputOptions.isAsked()) {
      throw new InputException(
          "--input and --split say where --image is from, which is not there.");
    }
  }

  /** From 0. */
  private List<Integer> shown(int latent) {
    if (dimensions == null) {
      return IntStream.range(0, Math.min(MAX_DIMENSIONS, latent)).boxed().toList();
    }
    for (int dimension : dimensions) {
      if (dimension < 1 || dimension > latent) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "--dimensions names %d, and the model has dimensions 1 to %d.",
                dimension,
                latent));
      }
    }
    if (dimensions.size() > MAX_DIMENSIONS) {
      throw new InputException(
          String.format(Locale.ROOT, "--dimensions takes up to %d.", MAX_DIMENSIONS));
    }
    return dimensions.stream().map(dimension -> dimension - 1).toList();
  }
}
