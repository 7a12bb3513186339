// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.report.Interpolation;
import io.github.cvaegpu.report.PointDecoder;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code interpolate}: draws what lies between two images. */
@Command(
    name = "interpolate",
    description = {
      InterpolateCommand.WHAT,
      "Along the straight line between the posterior means of the two. FILE.png is a picture with"
          + " the two images themselves at its ends, FILE.gif an animation there and back.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class InterpolateCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Draws what a model has between two images.";

  private static final int MAX_STEPS = 100;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--from",
      paramLabel = "I",
      required = true,
      description = "Number of the first image, from 0. Default: none, it has to be given.")
  private int from;

  @Option(
      names = "--to",
      paramLabel = "J",
      required = true,
      description = "Number of the last image, from 0. Default: none, it has to be given.")
  private int to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "10",
      description = "Points on the line, its ends among them. Default: ${DEFAULT-VALUE}.")
  private int steps;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    Given.requireIn("--steps", steps, 2, MAX_STEPS);
    outputOptions.orElse("interpolate.png");
    boolean isAnimation = outputOptions.ending(".png", ".gif").equals(".gif");
    outputOptions.requireFree(inputOptions.choice());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    ImageSize size = ModelOptions.size(saved);
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    ImageSet images = inputOptions.images(saved, err, true);
    InputOptions.requireImage("--from", from, images);
    InputOptions.requireImage("--to", to, images);
    Interpolation line;
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      VaeModel model = chosen.first();
      float[] start = InputOptions.mean(model, images, from);
      float[] end = InputOptions.mean(model, images, to);
      line = new Interpolation(PointDecoder.of(model), start, end, steps, size);
    }
    byte[] picture = isAnimation ? line.gif() : line.png(images, from, to);
    outputOptions.write(out -> out.write(picture));
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "from image %d to image %d in %d points", from, to, steps));
    return ExitCode.OK;
  }
}
