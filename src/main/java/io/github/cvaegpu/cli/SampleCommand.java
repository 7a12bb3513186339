// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.data.Split;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.GaussianMixture;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.random.GaussianNoise;
import io.github.cvaegpu.random.RandomPurpose;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sample}: draws images that a model makes up. */
@Command(
    name = "sample",
    description = {
      SampleCommand.WHAT,
      "From the prior, N(0, I), or from the aggregate posterior: a mixture of normal distributions"
          + " fitted to the posterior means of the images in --input, by default those that the"
          + " model was trained on. FILE.png is a picture of all, FILE.npy an array (images,"
          + " height, width), another name that of a folder of PNG files, which has to be new or"
          + " empty.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class SampleCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Draws new images from a model.";

  private static final int MAX_PARTS = 1000;

  /** Where latent points are drawn from. */
  enum Source {
    PRIOR,
    AGGREGATE;

    /** As the command line has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "-n",
      paramLabel = "N",
      defaultValue = "64",
      description = "How many images. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Another one draws other images. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--from",
      paramLabel = "prior|aggregate",
      defaultValue = "prior",
      description = "Where latent points are drawn from. Default: ${DEFAULT-VALUE}.")
  private Source source;

  @Option(
      names = "--components",
      paramLabel = "N",
      description = "Normal distributions in the aggregate's mixture. Default: 10.")
  private Integer parts;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    Given.requireIn("-n", count, 1, DecodedImages.MAX);
    requireParts();
    outputOptions.orElse("samples.png");
    DecodedImages target = DecodedImages.to(outputOptions, count, inputOptions.choice());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    ImageSize size = ModelOptions.size(saved);
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    Optional<ImageSet> images =
        source == Source.AGGREGATE
            ? Optional.of(inputOptions.images(saved, Split.TRAIN, err, true))
            : Optional.empty();
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      VaeModel model = chosen.first();
      float[] z =
          images.isPresent()
              ? aggregate(model, images.get())
              : GaussianNoise.rows(
                  seed, RandomPurpose.PRIOR_SAMPLES, count, saved.shape().latent());
      target.write(model, z, size);
    }
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "%,d images drawn from the %s, seed %d", count, source, seed));
    return ExitCode.OK;
  }

  private void requireParts() {
    if (source == Source.PRIOR && (parts != null || inputOptions.isAsked())) {
      throw new InputException(
          parts != null
              ? "--components is for --from aggregate."
              : "--input and --split say what --from aggregate is fitted to, which is not there.");
    }
    if (parts != null) {
      Given.requireIn("--components", parts, 1, MAX_PARTS);
    }
  }

  /** (count, latent). */
  private float[] aggregate(VaeModel model, ImageSet images) {
    int wanted = Given.or(parts, 10);
    GaussianMixture.requireFits(images.size(), model.shape().latent(), wanted);
    float[] means;
    try (var bar = WorkBar.ofImages("Encoding", images.size(), true)) {
      means = Posterior.of(model, images, bar).means();
    }
    try (var bar = WorkBar.ofIterations("Fitting", GaussianMixture.MAX_ITERATIONS)) {
      return GaussianMixture.fit(means, model.shape().latent(), wanted, seed, bar)
          .sample(seed, count);
    }
  }
}
