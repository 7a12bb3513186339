// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.report.ImageGrid;
import io.github.cvaegpu.report.ShownImages;
import io.github.cvaegpu.train.SavedModel;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code reconstruct}: draws images beside what a model makes of them. */
@Command(
    name = "reconstruct",
    description = {
      ReconstructCommand.WHAT,
      "Below each image is what the model decodes of its posterior mean.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ReconstructCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Draws images and, below them, what a model makes of them.";

  private static final int COLUMNS = 10;
  private static final int MAX_IMAGES = 1000;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--images",
      paramLabel = "I,I...",
      split = CommandOptions.COMMAS,
      hideParamSyntax = true,
      description = "Numbers of the images, from 0. Default: the first ten.")
  private List<Integer> numbers;

  @Mixin private InputOptions inputOptions;

  @Mixin private OutputOptions outputOptions;

  @Mixin private EngineOptions engineOptions;

  @Override
  public Integer call() {
    engineOptions.check();
    if (numbers != null && numbers.size() > MAX_IMAGES) {
      throw new InputException(
          String.format(Locale.ROOT, "--images takes up to %d numbers.", MAX_IMAGES));
    }
    outputOptions.orElse("reconstruct.png");
    outputOptions.ending(".png");
    outputOptions.requireFree(inputOptions.choice());
    SavedModel saved = modelOptions.open();
    outputOptions.requireOutside(modelOptions, saved);
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    ImageSet images = inputOptions.images(saved, err, true);
    List<Integer> shown = shown(images);
    List<float[]> reconstructions = new ArrayList<>();
    try (EngineOptions.Chosen<VaeModel> chosen = engineOptions.choose(saved::model)) {
      chosen.tell(true, err);
      for (int image : shown) {
        float[] pixels = new float[images.imageSize()];
        chosen.first().decode(InputOptions.mean(chosen.first(), images, image), 1, pixels);
        reconstructions.add(pixels);
      }
    }
    int columns = Math.min(COLUMNS, shown.size());
    int rows = 2 * Math.ceilDiv(shown.size(), columns);
    var grid = ImageGrid.fitting(images.height(), images.width(), columns, rows);
    byte[] picture = ImageGrid.png(grid.draw(rows(images, shown, reconstructions), columns));
    outputOptions.write(out -> out.write(picture));
    outputOptions.tell(
        spec.commandLine().getOut(),
        String.format(Locale.ROOT, "%,d images and their reconstructions", shown.size()));
    return ExitCode.OK;
  }

  private List<Integer> shown(ImageSet images) {
    if (numbers == null) {
      Integer[] first = new Integer[Math.min(COLUMNS, images.size())];
      Arrays.setAll(first, i -> i);
      return List.of(first);
    }
    numbers.forEach(number -> InputOptions.requireImage("--images", number, images));
    return numbers;
  }

  /**
   * A row of images, the row of what is made of them, and so on; the last ones filled with black.
   */
  private static List<float[]> rows(
      ImageSet images, List<Integer> shown, List<float[]> reconstructions) {
    int columns = Math.min(COLUMNS, shown.size());
    List<float[]> cells = new ArrayList<>();
    for (int first = 0; first < shown.size(); first += columns) {
      for (boolean isImage : new boolean[] {true, false}) {
        for (int i = first; i < first + columns; i++) {
          if (i >= shown.size()) {
            cells.add(new float[images.imageSize()]);
          } else {
            cells.add(isImage ? ShownImages.pixels(images, shown.get(i)) : reconstructions.get(i));
          }
        }
      }
    }
    return cells;
  }
}
