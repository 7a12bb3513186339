// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.model.KlTerm;

/**
 * Where a step's weights of the KL divergence are on the GPU.
 *
 * @param first that of the first latent dimension
 * @param stride floats from one dimension's to the next one's: 0 if it is one for all
 */
record KlWeights(DevicePointer first, int stride) {
  /** Those of a term, with memory for what a kernel makes of the batch. */
  static KlWeights allocate(DeviceMemory memory, KlTerm term, StepState state, int latent) {
    return switch (term.form()) {
      case WEIGHTED -> new KlWeights(state.beta(), 0);
      case DISTANCE -> new KlWeights(memory.floats(1), 0);
      case FREE_BITS -> new KlWeights(memory.floats(latent), 1);
    };
  }
}
