// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.control;

import static io.github.cvaegpu.Numbers.plain;

import io.github.cvaegpu.InputException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The ControlVAE: what a {@link PiController} aims at and how hard it pulls.
 *
 * @param setPoint KL divergence to hold, in nats per image; above 0
 * @param kp proportional gain, 0 or more
 * @param ki integral gain per nat and step, 0 or more; not 0 together with {@code kp}
 * @param betaMin lower limit of beta, 0 or more
 * @param betaMax upper limit of beta, above {@code betaMin}
 * @param antiWindup what the integral does while beta is at a limit
 */
public record PiRule(
    double setPoint, double kp, double ki, double betaMin, double betaMax, AntiWindup antiWindup)
    implements BetaRule {
  /** This rule's {@link #name()}. */
  public static final String NAME = "pi";

  /** Refuses settings that control nothing, with an {@link InputException}. */
  public PiRule {
    RuleChecks.requireSetPoint(setPoint);
    RuleChecks.requireGains(kp, ki);
    RuleChecks.requireLimits(betaMin, betaMax);
    if (antiWindup == null) {
      throw new InputException("The PI controller needs an anti-windup rule.");
    }
  }

  /** The study's set point, gains and limits, with an anti-windup that cannot latch. */
  public static PiRule defaults() {
    return new PiRule(9.97, 0.01, 0.0001, 0.01, 10, AntiWindup.DIRECTIONAL);
  }

  /** The study's own: the defaults, with the anti-windup that can latch. */
  public static PiRule study() {
    return new PiRule(9.97, 0.01, 0.0001, 0.01, 10, AntiWindup.STUDY);
  }

  @Override
  public PiRule aimedAt(double kl) {
    return new PiRule(kl, kp, ki, betaMin, betaMax, antiWindup);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String title() {
    return "ControlVAE, set point " + plain(setPoint);
  }

  @Override
  public List<Setting> settings() {
    return List.of(
        new Setting("Kp", plain(kp)),
        new Setting("Ki", plain(ki)),
        new Setting("limits of beta", plain(betaMin) + " to " + plain(betaMax)),
        new Setting("anti-windup", antiWindup.name().toLowerCase(Locale.ROOT)));
  }

  @Override
  public Optional<Target> target() {
    return Optional.of(new Target(setPoint, betaMin, betaMax));
  }

  @Override
  public String remedy() {
    return "More --epochs or a larger --ki may bring it there.";
  }

  @Override
  public BetaController start() {
    return new PiController(this);
  }

  /** P = Kp / (1 + exp(e)), from 0 to Kp for every error but NaN. */
  double proportional(double error) {
    // StrictMath: Math.exp may differ in its last bit from one processor to another.
    return kp / (1 + StrictMath.exp(error));
  }

  /**
   * Whether {@link AntiWindup#STUDY} will hold beta at a limit for good; empty for {@link
   * AntiWindup#DIRECTIONAL}.
   *
   * <p>I &lt;= -Kp at beta_min is for good: P &lt;= Kp, so P + I + beta_min &lt;= beta_min for
   * every KL, beta stays, and the rule holds I. How I gets there, with KL* the set point and 0
   * &lt;= KL:
   *
   * <ul>
   *   <li>Step 1 never integrates (beta before it is 0) and gives beta_min + P(KL*), just above
   *       beta_min. So step 2 does: I = -Ki (KL* - KL_1), with KL_1 the KL of step 1. That is -Kp
   *       or less if and only if KL_1 &lt;= KL* - Kp / Ki. Training starts at a KL of about 0, so
   *       <b>Ki KL* &gt;= Kp latches</b>.
   *   <li>No later step latches while KL keeps rising to the set point. To integrate at e &gt; 0
   *       beta must have been above beta_min: |I| &lt; P &lt; Kp / 2. A non-zero I holds at least
   *       one earlier Ki e' with e' &gt;= e, so Ki e &lt;= |I| &lt; Kp / 2 as well, and |I| + Ki e
   *       &lt; Kp.
   *   <li>Once KL has been above the set point and falls back slowly, the last step before beta
   *       rests at beta_min leaves |I| &lt; P(e) + Ki e. That reaches Kp for some e &lt;= KL* only
   *       if <b>Ki KL* + P(KL*) &gt;= Kp</b>, where it can latch. (A KL that leaps from far above
   *       the set point to 0 and back again can latch any Ki &gt; 0.)
   *   <li>Where KL* is so large (37 nats at the default Kp and beta_min) that beta_min + P(KL*)
   *       rounds to beta_min, the integral waits until KL comes within E = ln(2 Kp / ulp(beta_min))
   *       of the set point, so it is E and not KL* that meets Kp / Ki: it can latch, and need not.
   * </ul>
   *
   * @param ofRun is not needed: these settings are for runs of any length
   * @return one sentence for the user that says so and what to do
   */
  @Override
  public Optional<String> warning(long ofRun) {
    if (antiWindup != AntiWindup.STUDY) {
      return Optional.empty();
    }
    double smallestP = proportional(setPoint);
    double firstBeta = smallestP + betaMin;
    if (firstBeta >= betaMax) {
      return Optional.of(
          ("With --anti-windup study beta never leaves its upper limit %s, because Kp = %s alone"
                  + " takes it there at any KL; use --anti-windup directional or a lower --kp.")
              .formatted(readable(betaMax), readable(kp)));
    }
    if (kp == 0) {
      return Optional.of(
          ("With --anti-windup study and Kp = 0 beta never leaves its lower limit %s; use"
                  + " --anti-windup directional or a --kp above 0.")
              .formatted(readable(betaMin)));
    }
    if (ki * setPoint + smallestP < kp) {
      return Optional.empty();
    }
    boolean atOnce = ki * setPoint >= kp && firstBeta > betaMin;
    String what =
        atOnce
            ? "latches at beta = %s for good in its first steps, unless KL is above %s nats in the"
                    .formatted(readable(betaMin), digits(setPoint - kp / ki))
                + " very first"
            : "can latch at beta = %s for good".formatted(readable(betaMin));
    return Optional.of(
        ("With --anti-windup study the controller %s, because Ki times the set point (%s x %s) is"
                + " too large for Kp = %s; use --anti-windup directional or a --ki below %s.")
            .formatted(
                what,
                readable(ki),
                readable(setPoint),
                readable(kp),
                digits((kp - smallestP) / setPoint)));
  }

  /** Three digits, never more than the value: it is the limit that a user is to stay below. */
  private static String digits(double value) {
    return readable(
        new BigDecimal(value).round(new MathContext(3, RoundingMode.DOWN)).doubleValue());
  }

  /** Without the zeros of a number that has more than nine of them. */
  private static String readable(double value) {
    return value == 0 || (value >= 1e-9 && value < 1e9) ? plain(value) : Double.toString(value);
  }
}
