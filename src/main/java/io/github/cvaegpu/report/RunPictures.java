// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.train.Checkpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Test images beside what runs' models make of them, a figure for each set of images. */
public final class RunPictures {
  private static final int GAP = 6;

  /** Up to this many pixels a side images are shown twice as large. */
  private static final int SMALL = 64;

  private RunPictures() {}

  /**
   * Draws.
   *
   * @param subjects those without test images are left out
   * @param seed which images are shown
   */
  public static List<Figure> of(List<Subject> subjects, long seed) {
    Map<ImageSet, List<Subject>> byImages = new LinkedHashMap<>();
    for (Subject subject : subjects) {
      subject
          .testPosterior()
          .ifPresent(
              posterior ->
                  byImages
                      .computeIfAbsent(posterior.images(), images -> new ArrayList<>())
                      .add(subject));
    }
    List<String> all = Names.of(subjects.stream().map(Subject::run).toList());
    List<Figure> figures = new ArrayList<>();
    byImages.forEach(
        (images, runs) -> {
          List<String> names = runs.stream().map(run -> all.get(subjects.indexOf(run))).toList();
          figures.add(figure(images, runs, names, seed));
        });
    return figures;
  }

  private static Figure figure(ImageSet images, List<Subject> runs, List<String> names, long seed) {
    List<Integer> shown = ShownImages.choose(images, seed);
    List<ImageGridFigure.Row> rows = new ArrayList<>();
    rows.add(
        new ImageGridFigure.Row(
            "originals", shown.stream().map(image -> ShownImages.pixels(images, image)).toList()));
    for (int i = 0; i < runs.size(); i++) {
      Subject run = runs.get(i);
      Checkpoint checkpoint = run.run().checkpoint().orElseThrow();
      var decoder = checkpoint.decoder();
      Posterior posterior = run.testPosterior().orElseThrow();
      rows.add(
          new ImageGridFigure.Row(
              names.get(i),
              shown.stream().map(image -> decoder.decode(posterior.mean(image))).toList()));
    }
    return new ImageGridFigure(
        "Test images and what the models make of them",
        new ImageGridFigure.Cells(images.height(), images.width(), scale(images), GAP),
        rows);
  }

  private static int scale(ImageSet images) {
    return Math.max(images.height(), images.width()) <= SMALL ? 2 : 1;
  }
}
