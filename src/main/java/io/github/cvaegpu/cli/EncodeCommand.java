// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code encode}: writes the posterior of images. */
@Command(
    name = "encode",
    description = {
      EncodeCommand.WHAT,
      "FILE.csv has a line an image: its number, its label where there are labels, the means and"
          + " the log variances. FILE.npy has the same as fields of a NumPy array: image, label,"
          + " mean, log_variance. - prints the lines of the former."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class EncodeCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Encodes images: the mean and log variance of each one's posterior.";

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    boolean isText =
        outputOptions.isStandardOutput() || outputOptions.ending(".npy", ".csv").equals(".csv");
    outputOptions.requireFree(inputOptions.choice());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    ImageSet images = inputOptions.images(saved, err, !outputOptions.isStandardOutput());
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      // So that what is half written is cleared away when it is stopped.
      try (Interruption interruption = Interruption.install();
          WorkBar bar =
              WorkBar.ofImages("Encoding", images.size(), !outputOptions.isStandardOutput())) {
        var encoded = new EncodedImages(chosen.first(), images, bar);
        if (isText) {
          outputOptions.writeLines(spec.commandLine().getOut(), encoded::writeLines);
        } else {
          outputOptions.write(encoded::writeArray);
        }
        interruption.release();
      }
    }
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "posteriors of %,d images", images.size()));
    return ExitCode.OK;
  }
}
