// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.track.MlflowSettings;
import io.github.cvaegpu.track.TrackerSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say where a run is to be shown while it trains. */
final class TrackerOptions {
  /** What the help says beside them. */
  static final String MLFLOW =
      "Where MLFLOW_TRACKING_URI is the URL of an MLflow server, the run is logged there too. What"
          + " shows a run never holds it up: what is slow misses rows, and what fails is left, each"
          + " with a warning.";

  /** The same beside options of several runs. */
  static final String SEVERAL =
      "--tensorboard DIR gets a folder for each run, by its name, and --log-json FILE the lines of"
          + " all, each with its run, which are then trained one after another. Where"
          + " MLFLOW_TRACKING_URI is the URL of an MLflow server, each run is logged there too."
          + " What shows a run never holds it up: what is slow misses rows, and what fails is left,"
          + " each with a warning.";

  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Show the run in TensorBoard by event files in DIR. Default: none.")
  private Path tensorBoard;

  @Option(
      names = "--log-json",
      paramLabel = "FILE",
      description = "Write a line of JSON for each step, epoch and checkpoint. Default: none.")
  private Path jsonLines;

  /** Refuses what would be read as pictures the next time. */
  void requireOutside(DataChoice data) {
    if (tensorBoard != null) {
      Outside.requireOfPictures(tensorBoard, data, "name another folder with --tensorboard");
    }
    if (jsonLines != null) {
      Outside.requireOfPictures(jsonLines, data, "name another file with --log-json");
    }
  }

  /**
   * With what the environment says of MLflow.
   *
   * @param warnings where to say that it cannot be used
   */
  TrackerSettings settings(PrintWriter warnings) {
    return new TrackerSettings(
        Optional.ofNullable(tensorBoard),
        Optional.ofNullable(jsonLines),
        MlflowSettings.of(System.getenv(), text -> warnings.println("Warning: " + text)));
  }
}
