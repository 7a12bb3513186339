// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.Printable;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.List;

/**
 * A run's row of the table. The names are those of the page's JSON; all but the first five are null
 * of a run whose record is not read.
 *
 * @param id by which requests name it
 * @param name its folder, as seen from the one that is served
 * @param state how it stands
 * @param says a sentence about that; null where the state says it
 * @param written when a file of it was last written, milliseconds since 1970
 * @param stopping whether it was asked to stop
 * @param model the rule of beta, for people
 * @param setPoint nats; null if there is none
 * @param likelihood of a pixel
 * @param latent dimensions
 * @param seed of its random numbers, as text: a script has no such large numbers
 * @param steps done
 * @param planned steps of all its epochs
 * @param rl training reconstruction loss, mean of the last steps
 * @param kl the same of the KL divergence
 * @param elbo the same of -(RL + KL)
 * @param beta the same of beta
 * @param testElbo of the test images; null before the end
 * @param started when its first process began, ISO 8601 in UTC
 */
record RunRow(
    String id,
    String name,
    RunState state,
    String says,
    long written,
    boolean stopping,
    String model,
    Double setPoint,
    String likelihood,
    Integer latent,
    String seed,
    Long steps,
    Long planned,
    Double rl,
    Double kl,
    Double elbo,
    Double beta,
    Double testElbo,
    String started) {

  /** Of a run whose record is not read, or not readable. */
  static RunRow unread(String id, String name, RunState state, String says, long written) {
    return new RunRow(
        id,
        Printable.text(name),
        state,
        says,
        written,
        false,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** What of a record the table shows, so that the rest need not be kept. */
  static RunRow of(String id, String name, RunRecord record) {
    TrainingPlan plan = record.plan();
    RunRecord.Metrics metrics = record.metrics();
    RunRecord.LastSteps last = metrics == null ? null : metrics.lastSteps();
    return new RunRow(
        id,
        Printable.text(name),
        RunState.ended(record.exitReason()),
        record.message() == null ? null : Printable.text(record.message()),
        0,
        false,
        plan.rule().title(),
        plan.rule().target().map(BetaRule.Target::kl).orElse(null),
        record.likelihood(),
        plan.latent(),
        Long.toString(plan.seed()),
        record.stepsDone(),
        plan.steps(record.dataset().trainImages()),
        last == null ? null : last.rl(),
        last == null ? null : last.kl(),
        last == null ? null : last.elbo(),
        last == null ? null : last.beta(),
        metrics == null || metrics.test() == null ? null : metrics.test().elbo().mean(),
        record.sessions().isEmpty() ? null : record.sessions().getFirst().started());
  }

  /** With what only a look at the folder tells. */
  RunRow standing(RunState now, String sentence, long lastWritten, boolean isStopping) {
    return new RunRow(
        id,
        name,
        now,
        sentence,
        lastWritten,
        isStopping,
        model,
        setPoint,
        likelihood,
        latent,
        seed,
        steps,
        planned,
        rl,
        kl,
        elbo,
        beta,
        testElbo,
        started);
  }

  /** With the figures of the last rows of its log, where the record has none. */
  RunRow at(List<StepReport> last) {
    if (last.isEmpty() || rl != null) {
      return this;
    }
    double meanRl = last.stream().mapToDouble(StepReport::rl).average().orElseThrow();
    double meanKl = last.stream().mapToDouble(StepReport::kl).average().orElseThrow();
    double meanBeta = last.stream().mapToDouble(StepReport::beta).average().orElseThrow();
    return new RunRow(
        id,
        name,
        state,
        says,
        written,
        stopping,
        model,
        setPoint,
        likelihood,
        latent,
        seed,
        Math.max(steps, last.getLast().step()),
        planned,
        meanRl,
        meanKl,
        -(meanRl + meanKl),
        meanBeta,
        testElbo,
        started);
  }
}
