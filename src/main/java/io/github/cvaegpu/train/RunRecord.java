// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code run.json}: what a run is, for people and programs. What a resumed run needs is in the
 * checkpoint as well; this file is written anew whenever it changes.
 *
 * <p>Names are those of {@code metrics.csv}: {@code rl}, {@code kl}, {@code elbo}, {@code beta}.
 * What an option is called here is in docs/definitions.md. Format 2 has a plan of one piece. Format
 * 1, of version 0.1.0, has {@code reconstruction_loss} and {@code kl_divergence} under {@code
 * metrics.test} as well, and of a session neither program, commit and bits nor the threads asked
 * for. Both are still read.
 *
 * @param format version of this file's layout
 * @param program name and version of this program
 * @param plan every setting that decides the numbers
 * @param data what {@code --data} was
 * @param reading how it was read; absent if nothing was asked for, and in older files
 * @param network sizes and number of trainable parameters
 * @param dataset what was trained on
 * @param sessions each process that worked on the run, first to last
 * @param stepsDone training steps done
 * @param checkpointStep steps done at the last checkpoint, 0 if there was none; absent in format 1
 * @param exitReason how the run stands
 * @param message what went wrong, where something did
 * @param parametersSha256 SHA-256 of the parameters after each epoch: the tensors of the checkpoint
 *     in order, little-endian floats
 * @param metrics figures of the finished run; absent before
 * @param calibration how the set point was chosen; absent if the user named it
 * @param validated what came of the validation images; absent of a run without, and before its
 *     first epoch
 */
public record RunRecord(
    int format,
    String program,
    TrainingPlan plan,
    String data,
    Reading reading,
    Network network,
    DatasetRecord dataset,
    List<Session> sessions,
    long stepsDone,
    Long checkpointStep,
    ExitReason exitReason,
    String message,
    List<String> parametersSha256,
    Metrics metrics,
    Calibration calibration,
    @AbsentIfNull Validated validated) {

  /** The layout version that this program writes; it reads those before as well. */
  public static final int FORMAT = 3;

  /**
   * What {@code --data} has to be for the same images again: the dataset that {@code auto} turned
   * out to be, so that one which cannot be had now is not replaced by another.
   */
  public DataChoice dataToLoad() {
    return dataToLoad(dataAsked(), dataset.name(), dataset.status());
  }

  /** What {@code --data} was, and the options beside it. */
  public DataChoice dataAsked() {
    return DataChoice.of(data, Reading.ofRecord(reading));
  }

  static DataChoice dataToLoad(DataChoice asked, String name, Dataset.Status status) {
    boolean settled = asked.equals(DataChoice.AUTO) && status != Dataset.Status.UNVERIFIED;
    return settled ? new DataChoice.Named(name) : asked;
  }

  /**
   * The {@link BitsVersion} of each process whose steps are in the run, first to last; {@link
   * BitsVersion#UNKNOWN} where it was not recorded.
   */
  public List<Integer> bits() {
    List<Integer> bits = new ArrayList<>();
    for (int i = 0; i < sessions.size(); i++) {
      // Where the next one began no later, this one's steps were done again.
      if (i == sessions.size() - 1
          || sessions.get(i + 1).firstStep() > sessions.get(i).firstStep()) {
        Integer number = sessions.get(i).bits();
        bits.add(number == null ? BitsVersion.UNKNOWN : number);
      }
    }
    return bits;
  }

  /** Whether the run was complete after as many steps and the final figures are here. */
  boolean isFinishedAt(long steps) {
    return exitReason == ExitReason.COMPLETED && stepsDone == steps && metrics != null;
  }

  /** The epoch after which it stopped early, if it did. */
  public Optional<Integer> stoppedAfter() {
    return Optional.ofNullable(validated).map(Validated::stoppedAfter);
  }

  /** The best epoch, of a run that may stop early and has had one. */
  public Optional<ValidationRow> best() {
    return Optional.ofNullable(validated).map(Validated::best);
  }

  /**
   * Whether the run can go on only from a checkpoint. A process that ended before its first one
   * loses no more than it had to; steps that a checkpoint was written of must not be thrown away
   * unasked.
   */
  boolean needsCheckpoint() {
    return sessions.stream().anyMatch(session -> session.firstStep() > 0)
        || (stepsDone > 0 && exitReason != ExitReason.RUNNING && !endedBeforeFirstCheckpoint());
  }

  /** Whether the run diverged, or failed, before there was a checkpoint to go on from. */
  boolean endedBeforeFirstCheckpoint() {
    if (exitReason != ExitReason.DIVERGED && exitReason != ExitReason.FAILED) {
      return false;
    }
    return checkpointStep != null
        ? checkpointStep == 0
        // Format 1 says so in words alone.
        : message != null
            && (message.contains("There was no checkpoint yet.")
                || message.endsWith("no checkpoint was written yet."));
  }

  /** How a run stands. */
  public enum ExitReason {
    /** A process is at work, or was killed. */
    RUNNING,
    /** All epochs are done. */
    COMPLETED,
    /** Asked to stop; can be resumed. */
    INTERRUPTED,
    /** A loss was not finite. */
    DIVERGED,
    /** Something else went wrong. */
    FAILED
  }

  /**
   * The network.
   *
   * @param inputs pixels of an image
   * @param parameters trainable parameters
   */
  public record Network(int inputs, int parameters) {}

  /**
   * What was trained on.
   *
   * @param name the dataset's name
   * @param origin where it was found
   * @param status how far its bytes are to be trusted
   * @param trainImages images trained on
   * @param validationImages training images that were scored after each epoch and not trained on;
   *     absent if there were none
   * @param testImages held-out images
   * @param sha256 of each part of the dataset, as its source names it
   */
  public record DatasetRecord(
      String name,
      String origin,
      Dataset.Status status,
      int trainImages,
      @AbsentIfNull Integer validationImages,
      int testImages,
      Map<String, String> sha256) {

    /** A dataset's record in a run of a plan. */
    public static DatasetRecord of(Dataset dataset, TrainingPlan plan) {
      int all = dataset.train().size();
      return new DatasetRecord(
          dataset.name(),
          dataset.origin(),
          dataset.status(),
          plan.trainingImages(all),
          plan.validation() == null ? null : plan.validation().heldOut(all),
          dataset.test().size(),
          new TreeMap<>(dataset.sha256()));
    }

    /** The same images as a run knows them: real data that could not be had stays so. */
    DatasetRecord as(String knownName, Dataset.Status knownStatus) {
      return new DatasetRecord(
          knownName, origin, knownStatus, trainImages, validationImages, testImages, sha256);
    }
  }

  /**
   * One process that worked on the run.
   *
   * @param program name and version of this program; absent in format 1
   * @param commit what the program was built from; absent if it does not know
   * @param bits the program's {@link io.github.cvaegpu.engine.BitsVersion}; absent in format 1
   * @param engine what it computed on
   * @param askedThreads what {@code --threads} was; absent if it was not given
   * @param java version and vendor of the Java runtime
   * @param os name, version and architecture of the operating system
   * @param firstStep steps done before it
   * @param started when it began, ISO 8601 in UTC
   * @param ended when it ended; absent while it runs or if it was killed
   */
  public record Session(
      String program,
      String commit,
      Integer bits,
      EngineInfo engine,
      Integer askedThreads,
      String java,
      String os,
      long firstStep,
      String started,
      String ended) {

    /** The same session, ended. */
    Session endedAt(String time) {
      return new Session(
          program, commit, bits, engine, askedThreads, java, os, firstStep, started, time);
    }
  }

  /**
   * Figures of a finished run, in nats per image.
   *
   * @param lastSteps means over the last training steps
   * @param test the held-out images, one sample each
   * @param controller how well the KL divergence was held; absent for a beta-VAE
   * @param imagesPerSecond training speed of the last process: its images over the time in which
   *     its steps were done, the first ones included, which run before the JVM has compiled them;
   *     without loading, checkpoints and evaluation. NaN, which JSON has as null, if it had no step
   *     left to do
   * @param sigma the standard deviation of a pixel that was learned; absent if none was
   */
  public record Metrics(
      LastSteps lastSteps,
      Evaluation test,
      ControlReport controller,
      double imagesPerSecond,
      @AbsentIfNull Double sigma) {}

  /** What figures are of, with the standard deviation that was learned once that is known. */
  public String likelihood() {
    Objective objective = plan.objective();
    boolean isKnown = metrics != null && metrics.sigma() != null && objective.learnsSigma();
    return isKnown
        ? Objective.gaussian(new Sigma(metrics.sigma(), true)).title()
        : objective.title();
  }

  /**
   * What came of the validation images.
   *
   * @param last how they were scored after the last epoch done
   * @param best the best epoch, whose model is in {@code best.safetensors} by the next checkpoint;
   *     absent of a run that does not stop early, and before an epoch that counts
   * @param stoppedAfter the epoch after which the run stopped early; absent if it did not
   */
  public record Validated(
      ValidationRow last, @AbsentIfNull ValidationRow best, @AbsentIfNull Integer stoppedAfter) {}

  /**
   * Means over the last training steps.
   *
   * @param steps how many
   * @param rl reconstruction loss
   * @param kl KL divergence
   * @param elbo -(rl + kl)
   * @param beta weight of the KL divergence
   */
  public record LastSteps(int steps, double rl, double kl, double elbo, double beta) {}
}
