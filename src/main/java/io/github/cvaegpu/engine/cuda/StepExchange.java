// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.time.Duration;

/**
 * Where the host and the steps under way meet, as the host sees it: a beta for each step on its way
 * there, two losses on their way back. No call waits.
 */
interface StepExchange {
  /** Tells the GPU the beta of a step, or what the KL term has in place of it. */
  void putBeta(long step, float beta);

  /** Whether the GPU has told the losses of a step. */
  boolean hasLosses(long step);

  /** Reconstruction loss of a step whose losses are there, nats per image. */
  float reconstructionLoss(long step);

  /** KL divergence of a step whose losses are there, nats per image. */
  float klDivergence(long step);

  /** Whether the GPU has given up waiting for a beta. */
  boolean hasFailed();

  /** How long the GPU waits for a beta. */
  Duration patience();
}
