// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Scores a run's validation images after each epoch, keeps {@code validation.csv}, and where the
 * run may stop early knows which epoch was the best and keeps its checkpoint.
 */
final class Validator implements AutoCloseable {
  private final RunDirectory directory;
  private final ImageSet images;
  private final long seed;
  private final int epochs;
  private final Optional<EarlyStopping> stopping;
  private ValidationLog log;
  private ValidationRow last; // null before the first

  /**
   * @param plan of a run with validation images
   * @param images those
   * @param directory where the run is kept
   */
  Validator(TrainingPlan plan, ImageSet images, RunDirectory directory) {
    this.images = images;
    this.directory = directory;
    seed = plan.seed();
    epochs = plan.epochs();
    stopping = plan.patience().map(EarlyStopping::new);
  }

  /**
   * Opens the log and goes on where it stands.
   *
   * @param done epochs that are done
   * @param sha256 what the checkpoint says of the log up to there, if there is one
   * @param stopRequested asked while there is much to read
   * @return false if it was asked to stop; nothing is open then
   * @throws InputException if the log is not the one that was written
   */
  boolean open(int done, Optional<String> sha256, BooleanSupplier stopRequested)
      throws IOException {
    Optional<ValidationLog> kept =
        ValidationLog.open(directory.validationFile(), done, sha256, stopRequested);
    if (kept.isEmpty()) {
      return false;
    }
    log = kept.get();
    if (done > 0) {
      log.read(this::accept);
    }
    return true;
  }

  private void accept(ValidationRow row) {
    last = row;
    stopping.ifPresent(it -> it.accept(row));
  }

  /**
   * Scores the images: one sample each, the same noise after every epoch.
   *
   * @param model as it is after the epoch
   * @param epoch from 1
   * @param step steps of the run that are done
   * @param beta of the epoch's last step
   * @param settled see {@link ValidationRow}
   */
  ValidationRow score(VaeModel model, int epoch, long step, float beta, boolean settled)
      throws IOException {
    Evaluation scores = new Evaluator(model, seed).evaluate(images, 1);
    var row =
        new ValidationRow(
            epoch,
            step,
            beta,
            scores.reconstructionLoss().mean(),
            scores.klDivergence().mean(),
            scores.elbo().mean(),
            settled);
    log.append(row);
    accept(row);
    return row;
  }

  /** What came of it so far; empty before the first epoch. */
  Optional<RunRecord.Validated> result() {
    return Optional.ofNullable(last)
        .map(
            row ->
                new RunRecord.Validated(
                    row,
                    stopping.flatMap(EarlyStopping::best).orElse(null),
                    stopping
                        .flatMap(EarlyStopping::stoppedAfter)
                        // After its last epoch nothing was left out.
                        .filter(epoch -> epoch < epochs)
                        .orElse(null)));
  }

  /** Whether the run is to stop before its last epoch. */
  boolean isOver() {
    return stopping.map(EarlyStopping::isOver).orElse(false);
  }

  /** Whether an epoch is the best so far. */
  boolean isBest(int epoch) {
    return stopping.flatMap(EarlyStopping::best).filter(row -> row.epoch() == epoch).isPresent();
  }

  // ---- the best epoch's checkpoint -------------------------------------------------------------

  /**
   * Keeps the run's checkpoint, which is that of the best epoch so far. After the checkpoint
   * itself: whatever happens between the two, the best is never ahead of it.
   */
  void keepBest() throws IOException {
    AtomicFile.replace(directory.bestFile(), out -> Files.copy(directory.checkpointFile(), out));
  }

  /**
   * Makes sure, where a run goes on, that the best epoch's checkpoint is there. One that was to be
   * kept when the process was killed is kept now.
   *
   * @param parametersSha256 after each epoch done
   * @param isAtEpochsEnd whether the run's checkpoint is that of its last epoch done
   * @throws InputException if it is missing, or another
   */
  void requireBest(List<String> parametersSha256, boolean isAtEpochsEnd) throws IOException {
    Optional<ValidationRow> best = stopping.flatMap(EarlyStopping::best);
    if (best.isEmpty()) {
      return;
    }
    int epoch = best.get().epoch();
    if (isAtEpochsEnd && epoch == parametersSha256.size()) {
      keepBest();
      return;
    }
    Path file = directory.bestFile();
    if (!RegularFile.isTaken(file)
        || !Checkpoint.read(file)
            .position()
            .parametersSha256()
            .equals(parametersSha256.subList(0, epoch))) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s is not there, or is not the run's model after epoch %d, which was its best so"
                  + " far: put it back, or start a new run with another --out.",
              file,
              epoch));
    }
  }

  // ---- the log ---------------------------------------------------------------------------------

  /** SHA-256 of the log so far. */
  String sha256() {
    return log.sha256();
  }

  /** Makes the log durable, in its place. */
  void force() throws IOException {
    log.requireInPlace();
    log.force();
  }

  @Override
  public void close() throws IOException {
    if (log != null) {
      log.close();
    }
  }
}
