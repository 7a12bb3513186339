// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.RunPictures;
import io.github.cvaegpu.report.RunView;
import io.github.cvaegpu.report.Theme;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.RunDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the page shows of a run's model.
 *
 * @param step of the run that the model was saved after
 * @param explorer HTML for explorer.js to draw in
 * @param data JSON that it reads; null where there is nothing to draw
 * @param pictures PNGs of test images and what the model makes of them; none where they cannot be
 *     had
 * @param notes sentences about what is missing
 */
record ModelView(
    long step, String explorer, String data, Map<Theme, byte[]> pictures, List<String> notes) {

  /** Which images are shown: those of the report. */
  private static final long SHOWN_SEED = 10;

  /**
   * Makes it from the checkpoint as it is now.
   *
   * @throws InputException if there is no checkpoint, or it cannot be read
   */
  static ModelView of(Path folder, TestImages images) {
    Run record = Run.readRecord(folder);
    Checkpoint checkpoint = Checkpoint.read(RunDirectory.checkpointFile(folder));
    checkpoint.requireRecord(record.record());
    List<String> notes = new ArrayList<>();
    Optional<Posterior> posterior = Optional.empty();
    try {
      posterior = Optional.of(images.of(checkpoint));
    } catch (InputException e) {
      notes.add("The latent map has no dots: " + e.getMessage());
    }
    long step = checkpoint.state().step();
    if (posterior.isEmpty() && checkpoint.images().size() == null) {
      notes.add(
          "The checkpoint does not say how high and wide its images are, so nothing is drawn.");
      return new ModelView(step, "", null, Map.of(), List.copyOf(notes));
    }
    var subject = new Subject(record.withModel(checkpoint), posterior);
    return new ModelView(
        step,
        RunView.explorer(subject),
        RunView.explorerData(subject),
        pictures(subject, notes),
        List.copyOf(notes));
  }

  private static Map<Theme, byte[]> pictures(Subject subject, List<String> notes) {
    Map<Theme, byte[]> pictures = new EnumMap<>(Theme.class);
    if (Fonts.problem().isPresent()) {
      notes.add(Fonts.problem().get() + ".");
      return pictures;
    }
    for (Figure figure : RunPictures.of(List.of(subject), SHOWN_SEED)) {
      for (Theme theme : Theme.values()) {
        pictures.put(theme, figure.png(theme));
      }
    }
    return pictures;
  }
}
