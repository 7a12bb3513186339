// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.RunRecord.ExitReason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The beginning of a run, trained again and compared with what the run recorded: the parameters
 * after each epoch by their SHA-256, and the epochs' mean losses, which say something where bits
 * may differ.
 *
 * @param epochs what each epoch came to
 * @param lossOrigin what the reconstruction loss is counted from, nats per image: the loss of a
 *     density is in the main a constant, and a share of that says nothing
 * @param whyBitsMayDiffer one complete sentence where the run was not trained as it is now; absent
 *     where the bits have to be the same
 */
public record Verification(
    List<Epoch> epochs, double lossOrigin, Optional<String> whyBitsMayDiffer) {
  // By which shares of RL and KL an epoch's means may differ where bits may. On MNIST the steps of
  // native/cpu and in Java differ by 0.00002 and 0.0002 in the first epoch and, as a difference
  // grows, by 0.0025 and 0.0013 in the third. Another seed differs by 0.018 and 0.038 in the first,
  // and hardly by more than they in those after it: the first tells most.
  private static final double FIRST_RL_TOLERANCE = 0.002;
  private static final double FIRST_KL_TOLERANCE = 0.01;
  private static final double RL_TOLERANCE = 0.01;
  private static final double KL_TOLERANCE = 0.03;

  // Nats by which what is nearly nothing may differ.
  private static final double LEAST_RL_TOLERANCE = 0.05;
  private static final double LEAST_KL_TOLERANCE = 0.005;

  /**
   * An epoch.
   *
   * @param sha256 of the parameters now
   * @param recorded what the run recorded
   * @param rl mean over the epoch's steps now, nats per image
   * @param kl the same of KL
   * @param recordedRl what the run logged; NaN where its log is missing
   * @param recordedKl the same of KL
   */
  public record Epoch(
      String sha256, String recorded, double rl, double kl, double recordedRl, double recordedKl) {
    /** Whether every bit of the parameters is the same. */
    public boolean isSame() {
      return sha256.equals(recorded);
    }

    /** Whether the losses are about the same, those of the first epoch more nearly. */
    private boolean isAlike(boolean isFirst, double lossOrigin) {
      double rlTolerance = isFirst ? FIRST_RL_TOLERANCE : RL_TOLERANCE;
      double klTolerance = isFirst ? FIRST_KL_TOLERANCE : KL_TOLERANCE;
      double rlSize = Math.abs(recordedRl - lossOrigin);
      return Math.abs(rl - recordedRl) <= Math.max(LEAST_RL_TOLERANCE, rlTolerance * rlSize)
          && Math.abs(kl - recordedKl) <= Math.max(LEAST_KL_TOLERANCE, klTolerance * recordedKl);
    }
  }

  /** Whether every bit of the parameters was the same after every epoch. */
  public boolean isSame() {
    return epochs.stream().allMatch(Epoch::isSame);
  }

  /** Whether there are losses to compare with. */
  public boolean hasLosses() {
    return epochs.stream().noneMatch(epoch -> Double.isNaN(epoch.recordedRl()));
  }

  /** Whether the run is as it was recorded: to the bit, or where bits may differ in its losses. */
  public boolean isAsRecorded() {
    return isSame() || (whyBitsMayDiffer.isPresent() && isAlike());
  }

  private boolean isAlike() {
    for (int i = 0; i < epochs.size(); i++) {
      if (!epochs.get(i).isAlike(i == 0, lossOrigin)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Trains the first epochs of a run again, in a temporary folder.
   *
   * @param run the run directory; only read
   * @param record of it
   * @param count epochs, as many as the run has done at most
   * @param dataset the run's
   * @param accelerator on what
   * @param observer told of progress
   * @param stopRequested asked after every step
   * @return empty if it was asked to stop
   * @throws InputException if the run is on other images, or has not done so many epochs
   */
  public static Optional<Verification> of(
      Path run,
      RunRecord record,
      int count,
      Dataset dataset,
      Accelerator accelerator,
      RunObserver observer,
      BooleanSupplier stopRequested) {
    requireEpochs(record, count);
    requireImages(record, dataset);
    TrainingPlan plan = record.plan().withoutPatience().withEpochs(count);
    EpochMeans logged = logged(run, count);
    var means = new EpochMeans();
    try {
      Path folder = Files.createTempDirectory("cvae-gpu-verify");
      try (Trainee trainee = plan.trainee(accelerator, dataset.train());
          RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
        var trainer =
            new Trainer(
                plan,
                dataset,
                trainee,
                directory,
                Provenance.of(record.dataToLoad(), Optional.empty()),
                CheckpointInterval.parse(count + "epochs"),
                RunObservers.of(means, observer),
                stopRequested);
        Trainer.Outcome outcome = trainer.run();
        return outcome.exitReason() == ExitReason.COMPLETED
            ? Optional.of(compared(record, outcome.record(), logged, means, trainee.info()))
            : Optional.empty();
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new InputException(
          "No temporary folder can be used: %s.".formatted(AtomicFile.reason(e)), e);
    }
  }

  /** Refuses a run that has not done so many epochs. */
  public static void requireEpochs(RunRecord record, int count) {
    int done = record.parametersSha256().size();
    if (done == 0) {
      throw new InputException("The run has not done an epoch yet: there is nothing to verify.");
    }
    if (count > done) {
      throw new InputException(
          String.format(
              Locale.ROOT, "The run has done %d epochs, fewer than --epochs %d.", done, count));
    }
  }

  /** Refuses images that the run is not on. */
  public static void requireImages(RunRecord record, Dataset dataset) {
    Checkpoint.requireSameImages(record.dataset().sha256(), dataset);
  }

  /** What the run logged of its first epochs; nothing where its log is missing. */
  private static EpochMeans logged(Path run, int count) {
    var logged = new EpochMeans();
    Path file = RunDirectory.metricsFile(run);
    if (!RegularFile.isTaken(file)) {
      return logged;
    }
    try {
      MetricsLog.readWholeRows(
          file,
          row -> {
            if (row.epoch() <= count) {
              logged.step(row);
            }
          });
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
    return logged;
  }

  private static Verification compared(
      RunRecord record, RunRecord again, EpochMeans logged, EpochMeans means, EngineInfo info) {
    List<Epoch> epochs = new ArrayList<>();
    for (int i = 0; i < again.plan().epochs(); i++) {
      epochs.add(
          new Epoch(
              again.parametersSha256().get(i),
              record.parametersSha256().get(i),
              means.of(i).rl(),
              means.of(i).kl(),
              logged.of(i).rl(),
              logged.of(i).kl()));
    }
    return new Verification(
        epochs,
        record.plan().lossOrigin(record.network().inputs()),
        whyBitsMayDiffer(record, again.stepsDone(), info));
  }

  /**
   * Of those processes alone that the first steps are of: what came later changed no bit of them.
   */
  private static Optional<String> whyBitsMayDiffer(RunRecord record, long steps, EngineInfo info) {
    List<RunRecord.Session> sessions = record.sessions();
    if (sessions.isEmpty()) {
      return Optional.of("The run does not say what it was trained on, so bits may differ.");
    }
    // Where a later process began no later, an earlier one's steps were done again.
    long end = steps;
    for (RunRecord.Session session : sessions.reversed()) {
      if (session.firstStep() >= end) {
        continue;
      }
      end = session.firstStep();
      if (!session.engine().computesLike(info)) {
        return Optional.of(
            "The run was trained on %s and this is %s, so bits may differ."
                .formatted(session.engine().what(), info.what()));
      }
      if (session.bits() == null) {
        return Optional.of("The run does not say which bits its version has.");
      }
      if (session.bits() != BitsVersion.CURRENT) {
        return Optional.of("The run was trained by a version with other bits.");
      }
    }
    return Optional.empty();
  }

  private static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
        for (Path path : inside) {
          delete(path);
        }
      }
    }
    Files.deleteIfExists(folder);
  }

  /** Mean losses of epochs, from 0. */
  private static final class EpochMeans implements RunObserver {
    private final List<StepMeans> epochs = new ArrayList<>();

    @Override
    public void step(StepReport report) {
      while (epochs.size() < report.epoch()) {
        epochs.add(new StepMeans());
      }
      epochs.get(report.epoch() - 1).step(report);
    }

    /** Of an epoch without steps they are NaN. */
    StepMeans of(int epoch) {
      return epoch < epochs.size() ? epochs.get(epoch) : new StepMeans();
    }
  }
}
