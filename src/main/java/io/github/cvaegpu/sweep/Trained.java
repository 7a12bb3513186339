// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.model.KlTerm;
import io.github.cvaegpu.train.RunRecord;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a run's record says of it, without what is long in one.
 *
 * @param latent dimensions of its model
 * @param likelihood of a pixel, without what was learned of it: figures of two cannot be compared
 * @param images SHA-256 of what it was trained on, by part: figures of two cannot be compared
 * @param isWeighted whether what it minimised is RL + beta KL, as under most rules
 * @param setPoint the KL divergence that it was to hold in the end, nats per image; empty if it
 *     holds none
 * @param epochsDone epochs done
 * @param epochsPlanned epochs that its plan has
 * @param stepsDone steps done
 * @param stepsPlanned steps that its plan has
 * @param seconds of all its sessions whose end is known: from a session's begin to its end, with
 *     checkpoints and the scoring of the test images. A session that was killed has no end and
 *     counts for nothing, so that with one of those they are fewer than it took
 * @param openSessions sessions without an end: killed, or at work now
 * @param engine what it was trained on last; empty of a record without sessions
 * @param parametersSha256 of the parameters after its last epoch; empty before the first
 * @param validationElbo of its validation images after its last epoch; NaN if it has none
 * @param metrics its final figures; null where it was not trained to its end
 */
public record Trained(
    int latent,
    String likelihood,
    Map<String, String> images,
    boolean isWeighted,
    OptionalDouble setPoint,
    int epochsDone,
    int epochsPlanned,
    long stepsDone,
    long stepsPlanned,
    double seconds,
    int openSessions,
    String engine,
    String parametersSha256,
    double validationElbo,
    RunRecord.Metrics metrics) {

  private static final double MILLIS = 1000;

  static Trained of(RunRecord record) {
    long millis = 0;
    int open = 0;
    for (RunRecord.Session session : record.sessions()) {
      OptionalDouble took = millis(session);
      millis += (long) took.orElse(0);
      open += took.isPresent() ? 0 : 1;
    }
    BetaRule rule = record.plan().rule();
    List<String> sums = record.parametersSha256();
    return new Trained(
        record.plan().latent(),
        record.plan().objective().name(),
        Map.copyOf(record.dataset().sha256()),
        rule.klTerm().equals(KlTerm.weighted()),
        rule.target()
            .map(BetaRule.Target::kl)
            .map(OptionalDouble::of)
            .orElse(OptionalDouble.empty()),
        sums.size(),
        record.plan().epochs(),
        record.stepsDone(),
        record.plan().steps(record.dataset().trainImages()),
        millis / MILLIS,
        open,
        record.sessions().isEmpty() ? "" : engine(record.sessions().getLast().engine()),
        sums.isEmpty() ? "" : sums.getLast(),
        record.validated() == null ? Double.NaN : record.validated().last().elbo(),
        record.metrics());
  }

  private static String engine(EngineInfo engine) {
    return "%s (%s)".formatted(engine.engine(), engine.device());
  }

  /** How long a session was; empty if its end is not known, or its clock is none. */
  private static OptionalDouble millis(RunRecord.Session session) {
    if (session.ended() == null) {
      return OptionalDouble.empty();
    }
    try {
      Duration took =
          Duration.between(Instant.parse(session.started()), Instant.parse(session.ended()));
      // A clock may have been set back meanwhile.
      return OptionalDouble.of((double) Math.max(0, took.toMillis()));
    } catch (DateTimeException e) {
      return OptionalDouble.empty();
    }
  }
}
