// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.train.Checkpoint;

/** Where the latent maps have their dots from. */
@FunctionalInterface
public interface TestImages {
  /**
   * What a model makes of the test images of its run. Asked by one thread at a time.
   *
   * @throws InputException if they cannot be had on this machine, in a sentence
   */
  Posterior of(Checkpoint model);
}
