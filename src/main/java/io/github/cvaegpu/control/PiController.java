// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

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
  private final PiSettings settings;
  private double beta = State.INITIAL.beta();
  private double integral = State.INITIAL.integral();

  /** A controller before its first step. */
  public PiController(PiSettings settings) {
    this.settings = settings;
  }

  @Override
  public double next(double klPerImage) {
    if (Double.isNaN(klPerImage)) {
      throw new IllegalArgumentException("KL is NaN");
    }
    double error = settings.setPoint() - klPerImage;
    double proportional = settings.proportional(error);
    double candidate = integral - (settings.ki() == 0 ? 0 : settings.ki() * error); // 0 * inf
    double output =
        switch (settings.antiWindup()) {
          case DIRECTIONAL -> directional(error, proportional, candidate);
          case STUDY -> study(proportional, candidate);
        };
    beta = Math.clamp(output, settings.betaMin(), settings.betaMax());
    return beta;
  }

  /** Keeps the candidate unless it saturates and the error is outward; gives the output with it. */
  private double directional(double error, double proportional, double candidate) {
    double output = proportional + candidate + settings.betaMin();
    boolean outward =
        (output > settings.betaMax() && error < 0) || (output < settings.betaMin() && error > 0);
    if (!outward) {
      integral = candidate;
    }
    return output;
  }

  /** Keeps the candidate if the beta before was within its limits; gives the output. */
  private double study(double proportional, double candidate) {
    if (settings.betaMin() < beta && beta < settings.betaMax()) {
      // An infinite KL latches this rule either way, but the state has to stay restorable.
      integral = Math.clamp(candidate, -Double.MAX_VALUE, Double.MAX_VALUE);
    }
    return proportional + integral + settings.betaMin();
  }

  @Override
  public State state() {
    return new State(beta, integral);
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
  public void restore(State state) {
    state.requireFinite();
    beta = state.beta();
    integral =
        switch (settings.antiWindup()) {
          case DIRECTIONAL ->
              Math.clamp(
                  state.integral(), -(settings.kp() + settings.betaMin()), settings.betaMax());
          case STUDY -> state.integral();
        };
  }
}
