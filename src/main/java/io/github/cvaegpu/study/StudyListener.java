// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.train.QueueListener;

/** Told of a study's progress. */
public interface StudyListener extends QueueListener {
  /** A model is measured. */
  void measures(StudyRun run);
}
