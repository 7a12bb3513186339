// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.control.ControlReport;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.eval.Evaluation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code run.json}: what a run is, for people and programs. What a resumed run needs is in the
 * checkpoint as well; this file is written anew whenever it changes.
 *
 * @param format version of this file's layout
 * @param program name and version of this program
 * @param plan every setting
 * @param network sizes and number of trainable parameters
 * @param dataset what was trained on
 * @param sessions each process that worked on the run, first to last
 * @param stepsDone training steps done
 * @param exitReason how the run stands
 * @param message what went wrong, where something did
 * @param parametersSha256 SHA-256 of the parameters after each epoch: the tensors of the checkpoint
 *     in order, little-endian floats
 * @param metrics figures of the finished run; absent before
 * @param calibration how the set point was chosen; absent if the user named it
 */
public record RunRecord(
    int format,
    String program,
    TrainingPlan plan,
    Network network,
    DatasetRecord dataset,
    List<Session> sessions,
    long stepsDone,
    ExitReason exitReason,
    String message,
    List<String> parametersSha256,
    Metrics metrics,
    Calibration calibration) {

  /** The layout version that this program writes and reads. */
  public static final int FORMAT = 1;

  /**
   * What {@code --data} has to be for the same images again: the dataset that {@code auto} turned
   * out to be, so that one which cannot be had now is not replaced by another.
   */
  public String dataToLoad() {
    return dataToLoad(plan, dataset.name(), dataset.status());
  }

  static String dataToLoad(TrainingPlan plan, String name, Dataset.Status status) {
    boolean settled = plan.data().equals(DatasetLoader.AUTO) && status != Dataset.Status.UNVERIFIED;
    return settled ? name : plan.data();
  }

  /** Whether a file had all that a run needs to go on. */
  boolean isWhole() {
    return plan != null
        && dataset != null
        && dataset.name() != null
        && dataset.status() != null
        && dataset.sha256() != null
        && sessions != null
        && !sessions.contains(null)
        && exitReason != null;
  }

  /** Whether the run was complete after as many steps and the final figures are here. */
  boolean isFinishedAt(long steps) {
    return exitReason == ExitReason.COMPLETED
        && stepsDone == steps
        && metrics != null
        && metrics.lastSteps() != null
        && metrics.test() != null;
  }

  /**
   * Whether the run can go on only from a checkpoint. A process that was killed before its first
   * one loses no more than it had to; after any other end, steps that are on record must not be
   * thrown away unasked, nor where a process has begun from a checkpoint already.
   */
  boolean needsCheckpoint() {
    return sessions.stream().anyMatch(session -> session.firstStep() > 0)
        || (stepsDone > 0 && exitReason != ExitReason.RUNNING);
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
   * @param testImages held-out images
   * @param sha256 of each uncompressed file
   */
  public record DatasetRecord(
      String name,
      String origin,
      Dataset.Status status,
      int trainImages,
      int testImages,
      Map<String, String> sha256) {

    /** A dataset's record. */
    public static DatasetRecord of(Dataset dataset) {
      return new DatasetRecord(
          dataset.name(),
          dataset.origin(),
          dataset.status(),
          dataset.train().size(),
          dataset.test().size(),
          new TreeMap<>(dataset.sha256()));
    }

    /** The same images as a run knows them: real data that could not be had stays so. */
    DatasetRecord as(String knownName, Dataset.Status knownStatus) {
      return new DatasetRecord(knownName, origin, knownStatus, trainImages, testImages, sha256);
    }
  }

  /**
   * One process that worked on the run.
   *
   * @param engine what it computed on
   * @param java version and vendor of the Java runtime
   * @param os name, version and architecture of the operating system
   * @param firstStep steps done before it
   * @param started when it began, ISO 8601 in UTC
   * @param ended when it ended; absent while it runs or if it was killed
   */
  public record Session(
      EngineInfo engine, String java, String os, long firstStep, String started, String ended) {}

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
   */
  public record Metrics(
      LastSteps lastSteps, Evaluation test, ControlReport controller, double imagesPerSecond) {}

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
