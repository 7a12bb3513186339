// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.Map;
import java.util.Set;

/**
 * Holds the KL divergence at a set point: the PI controller of H. Shao et al., "ControlVAE:
 * Controllable Variational Autoencoder", ICML 2020.
 *
 * <pre>
 * e    = set point - KL                    KL of the step before, in nats per image
 * P    = Kp / (1 + exp(e))                 0 where exp overflows
 * I    = I - Ki e                          unless the anti-windup holds it
 * beta = clamp(P + I + beta_min, beta_min, beta_max)
 * </pre>
 *
 * <p>It differs from the paper in two things: KL is that of the step before, so that beta is known
 * when a step begins, and the paper's anti-windup is replaced by one of {@link AntiWindup}.
 *
 * <p>Beta is within its limits for every KL but NaN, the infinities included. Not thread-safe.
 */
public final class PiController implements BetaController {
  private static final String BETA = "beta";
  private static final String INTEGRAL = "integral";

  private final PiRule rule;
  private double beta; // the last one given, 0 before the first
  private double integral;

  /** A controller before its first step. */
  public PiController(PiRule rule) {
    this.rule = rule;
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("KL is NaN");
    }
    double error = rule.setPoint() - last.kl();
    double proportional = rule.proportional(error);
    double candidate = integral - (rule.ki() == 0 ? 0 : rule.ki() * error); // 0 * inf
    double output =
        switch (rule.antiWindup()) {
          case DIRECTIONAL -> directional(error, proportional, candidate);
          case STUDY -> study(proportional, candidate);
        };
    beta = Math.clamp(output, rule.betaMin(), rule.betaMax());
    return beta;
  }

  /** Keeps the candidate unless it saturates and the error is outward; gives the output with it. */
  private double directional(double error, double proportional, double candidate) {
    double output = proportional + candidate + rule.betaMin();
    boolean outward =
        (output > rule.betaMax() && error < 0) || (output < rule.betaMin() && error > 0);
    if (!outward) {
      integral = candidate;
    }
    return output;
  }

  /** Keeps the candidate if the beta before was within its limits; gives the output. */
  private double study(double proportional, double candidate) {
    if (rule.betaMin() < beta && beta < rule.betaMax()) {
      // An infinite KL latches this rule either way, but the state has to stay restorable.
      integral = Math.clamp(candidate, -Double.MAX_VALUE, Double.MAX_VALUE);
    }
    return proportional + integral + rule.betaMin();
  }

  /** The integral term after the last step. */
  double integral() {
    return integral;
  }

  @Override
  public ControllerMemory memory() {
    return ControllerMemory.of(Map.of(BETA, beta, INTEGRAL, integral));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A state that this law can produce is kept exactly. Under {@link AntiWindup#DIRECTIONAL} an
   * integral from elsewhere (another law, wider limits) is moved to the nearest of [-(Kp +
   * beta_min), beta_max]: the law's own integrals all lie there, and from further out the way back
   * could take longer than any run.
   */
  @Override
  public void restore(ControllerMemory memory) {
    memory.require(Set.of(BETA, INTEGRAL));
    beta = memory.get(BETA);
    double kept = memory.get(INTEGRAL);
    integral =
        switch (rule.antiWindup()) {
          case DIRECTIONAL -> Math.clamp(kept, -(rule.kp() + rule.betaMin()), rule.betaMax());
          case STUDY -> kept;
        };
  }
}
