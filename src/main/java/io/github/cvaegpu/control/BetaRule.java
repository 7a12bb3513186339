// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.model.Objective;
import java.util.List;
import java.util.Optional;

/**
 * What decides beta in a run: a rule and its settings. Each rule is one record, which refuses with
 * an {@link io.github.cvaegpu.InputException} what no run can use.
 */
public sealed interface BetaRule
    permits CapacityRule,
        ConstantRule,
        CyclicalRule,
        DynamicRule,
        FreeBitsRule,
        GecoRule,
        HoldRule,
        OwnRule,
        PiRule,
        WarmUpRule {
  /**
   * A setting, for people.
   *
   * @param name of it
   * @param value as people write it
   */
  record Setting(String name, String value) {}

  /**
   * What a rule aims at, by which a {@link ControlReport} judges it.
   *
   * @param kl the KL divergence to hold, nats per image
   * @param betaMin lower limit of beta; minus infinity if it has none
   * @param betaMax upper limit of beta; infinity if it has none
   */
  record Target(double kl, double betaMin, double betaMax) {
    /**
     * Whether a limit of beta keeps KL from the set point in a step. Betas are recorded as floats,
     * so it is the float nearest to a limit that is the limit.
     *
     * @return -1 if it is the lower limit, 1 if it is the upper, 0 if neither
     */
    byte push(float stepKl, float beta) {
      if (beta <= (float) betaMin) {
        return (byte) (stepKl < kl ? -1 : 0);
      }
      return (byte) (beta >= (float) betaMax && stepKl > kl ? 1 : 0);
    }

    /** Whether beta can be at a limit. */
    public boolean isLimited() {
      return Double.isFinite(betaMin) && Double.isFinite(betaMax);
    }
  }

  /** The rule's name in files, lower case; no two rules have the same. */
  String name();

  /**
   * The model that this rule makes of an autoencoder, and what tells it from others of its kind.
   */
  String title();

  /** The settings that are not in {@link #title()}. */
  default List<Setting> settings() {
    return List.of();
  }

  /** What it aims at in the end; empty if it holds no KL divergence. */
  default Optional<Target> target() {
    return Optional.empty();
  }

  /**
   * What it aims at in a step of a run whose limits of beta go by its loss.
   *
   * @param firstLoss reconstruction loss of the run's first step above what it is counted from,
   *     nats per image
   * @param step counted from 1
   */
  default Optional<Target> target(double firstLoss, long step) {
    return target();
  }

  /**
   * The first step, counted from 1, from which on what it asks for stays the same: until then its
   * settings have beta, or what it aims at, rise or change.
   */
  default long steadyFrom() {
    return 1;
  }

  /** This rule with another KL divergence to hold, nats per image; itself if it holds none. */
  default BetaRule aimedAt(double kl) {
    return this;
  }

  /**
   * What speaks against these settings in a run of some length.
   *
   * @param steps of the run
   * @return one sentence for the user that says so and, where something can be done, what; empty if
   *     there is nothing
   */
  default Optional<String> warning(long steps) {
    return Optional.empty();
  }

  /**
   * What speaks against these settings whatever the length of the run.
   *
   * @param latent dimensions of the model
   * @param images that are trained on
   * @return one sentence for the user; empty if there is nothing
   */
  default Optional<String> warning(int latent, int images) {
    return Optional.empty();
  }

  /** What may help where a run ended before KL was where it should be, a sentence. */
  default String remedy() {
    return "More --epochs may bring it there.";
  }

  /**
   * Refuses an objective under which no run can come to what this rule holds.
   *
   * @throws io.github.cvaegpu.InputException if it is one
   */
  default void requireObjective(Objective objective) {}

  /** What the KL divergence adds to the loss. */
  default KlTerm klTerm() {
    return KlTerm.weighted();
  }

  /**
   * Refuses what no controller of this rule remembers.
   *
   * @throws io.github.cvaegpu.InputException if the memory is another kind of controller's
   */
  default void requireMemory(ControllerMemory memory) {
    start().restore(memory);
  }

  /** A new controller, before a run's first step; its numbers are for {@link #klTerm}. */
  BetaController start();

  /**
   * The same for losses that are not counted from 0.
   *
   * @param lossOrigin what the reconstruction loss is counted from, nats per image: how far above
   *     it the first one is tells how large losses are
   */
  default BetaController start(double lossOrigin) {
    return start();
  }
}
