// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.train.SavedModel;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The trained model that a command is about. */
final class ModelOptions {
  @Parameters(
      paramLabel = "MODEL",
      description =
          "A run directory, a folder that export --safetensors wrote, or a safetensors file of"
              + " either.")
  private Path path;

  /** What was given. */
  Path path() {
    return path;
  }

  /** Reads it. */
  SavedModel open() {
    return SavedModel.open(path);
  }

  /** Height and width of a model's images; refuses one that does not say. */
  static ImageSize size(SavedModel model) {
    return model
        .size()
        .orElseThrow(
            () ->
                new InputException(
                    "The model does not say how high and wide its images are: it was trained by"
                        + " version 0.1.0."));
  }
}
