// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a run, or each of several, is to be shown.
 *
 * @param tensorBoard the folder of TensorBoard's event files
 * @param jsonLines the file of lines of JSON
 * @param mlflow the MLflow server
 */
public record TrackerSettings(
    Optional<Path> tensorBoard, Optional<Path> jsonLines, Optional<MlflowSettings> mlflow) {

  /**
   * Refuses what this run cannot be written to, before anything is trained or made.
   *
   * @param folder the run's
   * @param isResumed whether the run goes on, so that what is there may be its own
   * @throws io.github.cvaegpu.InputException if a name is no folder's or file's, or has another
   *     run's
   */
  public void requireUsable(Path folder, boolean isResumed, TrainingPlan plan, Dataset dataset) {
    tensorBoard.ifPresent(events -> TensorBoard.requireUsable(events, folder, isResumed));
    jsonLines.ifPresent(
        file ->
            JsonLines.requireUsable(
                file,
                List.of(folder),
                isResumed ? List.of(new JsonLines.Known(plan, dataset.sha256())) : List.of()));
  }

  /**
   * The same of several runs, which are trained one after another: TensorBoard's folder has one for
   * each, the lines of all are in one file, and the server has a run for each.
   *
   * @param folder in which each run has a folder of its name; where there is one, the run goes on
   * @throws io.github.cvaegpu.InputException if a name is no folder's or file's, or has other runs'
   */
  public void requireUsable(Path folder, List<NamedPlan> runs, Dataset dataset) {
    List<Path> folders = runs.stream().map(run -> folder.resolve(run.name())).toList();
    tensorBoard.ifPresent(
        events ->
            folders.forEach(
                run ->
                    TensorBoard.requireUsable(
                        events.resolve(run.getFileName()), run, RunDirectory.hasBegun(run))));
    boolean isResumed = folders.stream().anyMatch(RunDirectory::hasBegun);
    jsonLines.ifPresent(
        file ->
            JsonLines.requireUsable(
                file,
                folders,
                isResumed
                    ? runs.stream()
                        .map(run -> new JsonLines.Known(run.plan(), dataset.sha256()))
                        .toList()
                    : List.of()));
  }

  /** Those of one of several runs. */
  TrackerSettings of(NamedPlan run) {
    return new TrackerSettings(
        tensorBoard.map(events -> events.resolve(run.name())),
        jsonLines,
        mlflow.map(settings -> settings.of(run)));
  }

  /**
   * The trackers, to be told of one run and then closed.
   *
   * @param warn told of what a tracker has missed, in complete sentences
   */
  public Trackers open(Consumer<String> warn) {
    List<Tracker> trackers = new ArrayList<>();
    tensorBoard.map(TensorBoard::new).ifPresent(trackers::add);
    jsonLines.map(JsonLines::new).ifPresent(trackers::add);
    mlflow.map(Mlflow::new).ifPresent(trackers::add);
    return new Trackers(trackers, Trackers.ROWS, Trackers.PATIENCE, warn);
  }
}
