// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.model.VaeShape;

/** Makes engines, for what trains or reads more than one model. */
@FunctionalInterface
public interface EngineFactory {
  /**
   * Makes an engine; its parameters are yet to be restored.
   *
   * @param shape the network
   * @param settings how to train
   * @param images what to train on
   */
  Engine create(VaeShape shape, TrainingSettings settings, ImageSet images);
}
