// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.VaeShape;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a thread writes to while it computes.
 *
 * @param products adds rows of weights or of a batch
 * @param likelihood computes losses
 */
record Scratch(WeightedRows products, LikelihoodKernel likelihood) {
  /**
   * One for each thread.
   *
   * @param parameters of the network
   * @param batch images of a training step; 0 if there will be none
   */
  static List<Scratch> ofEach(
      ThreadTeam team, VaeShape shape, Objective objective, Network parameters, int batch) {
    int widest = Math.max(shape.inputs(), Math.max(2 * shape.latent(), batch));
    int most = Math.max(widest, Collections.max(shape.hidden()));
    return IntStream.range(0, team.threads())
        .mapToObj(
            i ->
                new Scratch(
                    new WeightedRows(most),
                    LikelihoodKernel.of(objective, parameters, shape.inputs())))
        .toList();
  }
}
