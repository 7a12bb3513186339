// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

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
 */
record StudyResult(
    String about,
    List<String> warnings,
    double trainFloor,
    double testFloor,
    List<Claim> claims,
    List<Published.Row> published) {

  StudyResult {
    warnings = List.copyOf(warnings);
    claims = List.copyOf(claims);
    published = List.copyOf(published);
  }
}
