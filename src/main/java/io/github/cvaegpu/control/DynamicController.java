// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import java.util.HashMap;
import java.util.Map;

/**
 * The incremental PI controller of the DynamicVAE (H. Shao et al., "Rethinking Controllable
 * Variational Autoencoders", CVPR 2022; first "DynamicVAE", 2020). At step k, counted from 1, with
 * K the mean KL of the five steps before, 0 for those before the first:
 *
 * <pre>
 * C    = c + (set point - c) min(1, k / steps)     c = 0.5 nats, or the set point if it is less
 * e    = C - K
 * beta = clamp(beta + Kp (1 / (1 + exp(e)) - 1 / (1 + exp(e'))) - Ki e, beta_min, beta_max)
 * </pre>
 *
 * <p>with e' the error of the step before, 0 at first, and beta = beta_max before the first step.
 *
 * <p>It differs from the authors' code in three things: KL is that of the steps before and not of
 * the step itself; C rises on a straight line and not in stairs; and beta is clamped where it is
 * remembered. Theirs remembers what is below beta_min and stops integrating there, so that it can
 * stay there for good. This one cannot: each step begins from within the limits. Not thread-safe.
 */
final class DynamicController implements BetaController {
  private static final double FIRST_SET_POINT = 0.5;
  private static final int AVERAGED = 5;

  private static final String BETA = "beta";
  private static final String ERROR = "error";
  private static final String KL = "kl_";

  private final DynamicRule rule;
  private final double[] recent = new double[AVERAGED]; // the newest last
  private double beta;
  private double error;

  DynamicController(DynamicRule rule) {
    this.rule = rule;
    beta = rule.betaMax();
  }

  @Override
  public double next(StepFeedback last) {
    if (Double.isNaN(last.kl())) {
      throw new IllegalArgumentException("KL is NaN");
    }
    System.arraycopy(recent, 1, recent, 0, AVERAGED - 1);
    // What overflows would never come back.
    recent[AVERAGED - 1] = Math.clamp(last.kl(), 0, Float.MAX_VALUE);
    double sum = 0;
    for (double kl : recent) {
      sum += kl;
    }
    double first = Math.min(FIRST_SET_POINT, rule.setPoint());
    double risen = Math.min(1, (double) (last.step() + 1) / rule.steps());
    double now = first + (rule.setPoint() - first) * risen - sum / AVERAGED;
    double change = rule.kp() * (response(now) - response(error)) - rule.ki() * now;
    error = now;
    beta = Math.clamp(beta + change, rule.betaMin(), rule.betaMax());
    return beta;
  }

  private static double response(double error) {
    // StrictMath: Math.exp may differ in its last bit from one processor to another.
    return 1 / (1 + StrictMath.exp(error));
  }

  @Override
  public ControllerMemory memory() {
    Map<String, Double> values = new HashMap<>();
    values.put(BETA, beta);
    values.put(ERROR, error);
    for (int i = 0; i < AVERAGED; i++) {
      values.put(KL + i, recent[i]);
    }
    return ControllerMemory.of(values);
  }

  @Override
  public void restore(ControllerMemory memory) {
    memory.require(memory().values().keySet());
    beta = Math.clamp(memory.get(BETA), rule.betaMin(), rule.betaMax());
    error = memory.get(ERROR);
    for (int i = 0; i < AVERAGED; i++) {
      recent[i] = memory.get(KL + i);
    }
  }
}
