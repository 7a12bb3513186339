// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.LatentPoints;
import io.github.cvaegpu.data.NpyWriter;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.io.OutputStream;
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
    outputOptions.requireFree(inputOptions.path());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    ImageSet images = inputOptions.images(saved, err);
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      Posterior posterior = Posterior.of(chosen.first(), images);
      if (isText) {
        outputOptions.writeLines(spec.commandLine().getOut(), out -> writeLines(posterior, out));
      } else {
        outputOptions.write(out -> writeArray(posterior, out));
      }
    }
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "posteriors of %,d images", images.size()));
    return ExitCode.OK;
  }

  private static void writeLines(Posterior posterior, Appendable out) throws IOException {
    boolean hasLabels = posterior.images().hasLabels();
    out.append(hasLabels ? "image,label" : "image");
    for (String name : new String[] {"mean", "log_variance"}) {
      for (int j = 0; j < posterior.latent(); j++) {
        out.append(',').append(LatentPoints.column(name, j));
      }
    }
    out.append('\n');
    for (int i = 0; i < posterior.size(); i++) {
      out.append(Integer.toString(i));
      if (hasLabels) {
        out.append(',').append(Integer.toString(posterior.images().label(i)));
      }
      for (int j = 0; j < posterior.latent(); j++) {
        out.append(',').append(Float.toString(posterior.mean(i, j)));
      }
      for (int j = 0; j < posterior.latent(); j++) {
        out.append(',').append(Float.toString(posterior.logVariance(i, j)));
      }
      out.append('\n');
    }
  }

  private static void writeArray(Posterior posterior, OutputStream out) throws IOException {
    boolean hasLabels = posterior.images().hasLabels();
    int latent = posterior.latent();
    String type =
        String.format(
            Locale.ROOT,
            "[('image', '<i4'), %s('mean', '<f4', (%d,)), ('log_variance', '<f4', (%d,))]",
            hasLabels ? "('label', '<i4'), " : "",
            latent,
            latent);
    var array = new NpyWriter(out, type, posterior.size());
    for (int i = 0; i < posterior.size(); i++) {
      array.write(i);
      if (hasLabels) {
        array.write(posterior.images().label(i));
      }
      array.write(posterior.mean(i));
      array.write(posterior.logVariance(i));
    }
  }
}
