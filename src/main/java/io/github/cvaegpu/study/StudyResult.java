// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.RunFigures.LabelFigure;
import java.util.List;

/**
 * What a study came to: {@code claims.json}.
 *
 * @param about what was run, a sentence
 * @param warnings sentences that a reader must not miss
 * @param trainFloor entropy of the training images' pixels, nats per image
 * @param testFloor the same of the test images
 * @param claims the study's sentences, by learning rate
 * @param published the published figures beside ours; empty if these runs are of other settings
 * @param labelFloors entropy of the pixels of those labels' test images that the study names; empty
 *     if the images have no labels
 * @param runs the figures of every finished run, by which the claims were judged
 */
record StudyResult(
    String about,
    List<String> warnings,
    double trainFloor,
    double testFloor,
    List<Claim> claims,
    List<Published.Row> published,
    List<LabelFigure> labelFloors,
    List<RunFigures> runs) {

  StudyResult {
    warnings = List.copyOf(warnings);
    claims = List.copyOf(claims);
    published = List.copyOf(published);
    labelFloors = List.copyOf(labelFloors);
    runs = List.copyOf(runs);
  }
}
