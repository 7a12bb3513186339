// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.LatentPoints;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.launcher.StandardInput;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code decode}: writes the images of latent points. */
@Command(
    name = "decode",
    description = {
      DecodeCommand.WHAT,
      "Points are the means that encode writes, or rows of an array (points, latent) in FILE.npy,"
          + " or lines of a FILE.csv with a number a dimension. - reads such lines from standard"
          + " input.",
      "FILE.npy gets an array (images, height, width) of intensities from 0 to 1, FILE.png a"
          + " picture of all, another name is that of a folder of PNG files, which has to be new or"
          + " empty.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class DecodeCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Decodes latent points to images.";

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      required = true,
      description = "Latent points; - reads CSV. Default: none, it has to be given.")
  private Path input;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  private boolean isStandardInput() {
    return input.toString().equals("-");
  }

  /** (points, latent). */
  private float[] points(int latent) {
    if (!isStandardInput()) {
      return LatentPoints.read(input, latent);
    }
    try (InputStream in = StandardInput.open()) {
      return LatentPoints.read(in, latent);
    } catch (IOException e) {
      throw new InputException("Standard input cannot be read: %s.".formatted(e.getMessage()), e);
    }
  }

  @Override
  public Integer call() {
    engineOptions.check();
    DecodedImages target =
        DecodedImages.to(
            outputOptions,
            1,
            isStandardInput() ? Optional.empty() : Optional.of(new DataChoice.At(input)));
    SavedModel saved = modelOptions.open();
    ImageSize size = ModelOptions.size(saved);
    outputOptions.requireOutside(modelOptions, saved);
    float[] z = points(saved.shape().latent());
    engineOptions.requireEngine();
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, spec.commandLine().getErr());
      target.write(chosen.first(), z, size);
    }
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "%,d images", z.length / saved.shape().latent()));
    return ExitCode.OK;
  }
}
