// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.foreign.FileLocks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder that is a run: {@code run.json}, {@code metrics.csv} and {@code
 * checkpoint.safetensors}; of one with validation images {@code validation.csv} too, and of one
 * that may stop early {@code best.safetensors}. While it is open for training no other process can
 * open it so; the operating system drops the lock with the process, however it ends.
 */
public final class RunDirectory implements AutoCloseable {
  /** Only the names that {@link AtomicFile} makes of this folder's: it may hold other things. */
  private static final String LEFTOVERS =
      ".{run.json,checkpoint.safetensors,best.safetensors}.*.tmp";

  /** Checksums of the most epochs of a plan take half of it. */
  private static final int MAX_RECORD = 160 << 20;

  private final Path folder;
  private final FileChannel lockFile;
  private final Optional<Object> lockIdentity;

  private RunDirectory(Path folder, FileChannel lockFile) throws IOException {
    this.folder = folder;
    this.lockFile = lockFile;
    lockIdentity = RegularFile.identity(lockName(folder));
  }

  /** The file by which the folder is locked. */
  public static Path lockName(Path folder) {
    return folder.resolve(".lock");
  }

  /**
   * Makes the folder of a new run.
   *
   * @param folder made if absent; may exist, but hold no run
   * @throws InputException if it holds a run, cannot be written to, or is in use
   */
  public static RunDirectory create(Path folder) {
    RunDirectory run = open(folder);
    if (holdsRun(folder)) {
      run.close();
      throw new InputException(
          "%s already holds files of a run: add --resume to go on with it, or choose another --out."
              .formatted(folder));
    }
    return run;
  }

  /** The files that make a run, whether or not they are there. */
  public static List<Path> files(Path folder) {
    return List.of(
        recordFile(folder),
        checkpointFile(folder),
        metricsFile(folder),
        validationFile(folder),
        bestFile(folder));
  }

  /** Whether a folder holds a file of a run. */
  public static boolean holdsRun(Path folder) {
    return files(folder).stream().anyMatch(RegularFile::isTaken);
  }

  /**
   * Opens the folder of a run to go on with it.
   *
   * @throws InputException if it holds no run, cannot be written to, or is in use
   */
  public static RunDirectory resume(Path folder) {
    if (!RegularFile.isTaken(recordFile(folder)) && !RegularFile.isTaken(checkpointFile(folder))) {
      throw new InputException("%s holds no run: there is no run.json.".formatted(folder));
    }
    return open(folder);
  }

  private static RunDirectory open(Path folder) {
    try {
      Files.createDirectories(folder);
      FileChannel lockFile = RegularFile.openToWrite(lockName(folder));
      boolean opened = false;
      try {
        if (!lock(lockFile)) {
          throw inUse(folder);
        }
        requireUnusedLog(folder);
        deleteLeftovers(folder);
        // Of a process that was gone before it saw the request.
        StopRequest.clear(folder);
        opened = true;
        return new RunDirectory(folder, lockFile);
      } finally {
        if (!opened) {
          lockFile.close();
        }
      }
    } catch (FileAlreadyExistsException e) {
      throw new InputException(
          "%s cannot be a run directory: a file of that name is there.".formatted(folder), e);
    } catch (AccessDeniedException e) {
      throw new InputException(
          "The run directory %s cannot be written to: permission denied.".formatted(folder), e);
    } catch (IOException e) {
      throw AtomicFile.refusal("The run directory %s cannot be written to: %s.", folder, e);
    }
  }

  /** The folder's lock can be removed while it is held; the log is locked as well. */
  private static void requireUnusedLog(Path folder) throws IOException {
    Path log = metricsFile(folder);
    if (!RegularFile.isTaken(log)) {
      return;
    }
    try (FileChannel channel = RegularFile.openToWrite(log)) {
      if (!lock(channel)) {
        throw inUse(folder);
      }
    }
  }

  static RunInUseException inUse(Path folder) {
    return new RunInUseException("Another process is training in %s.".formatted(folder));
  }

  /**
   * Makes sure that the folder is still this process's alone.
   *
   * @throws UnwritableException if it is gone, or its lock was removed or replaced, so that another
   *     process may have begun here
   */
  void requireInPlace() throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UnwritableException(
          "The run directory %s was moved or removed while the run was training; train --resume goes"
                  .formatted(folder)
              + " on from the last checkpoint in it.",
          null);
    }
    if (!isInPlace()) {
      throw new UnwritableException(
          "%s was removed or replaced while the run was training, so another process may have begun"
                  .formatted(lockName(folder))
              + " there; what was written before is left as it is, and train --resume goes on from"
              + " the last checkpoint.",
          null);
    }
  }

  /** Whether the folder's lock is the one that this process holds. */
  boolean isInPlace() throws IOException {
    return RegularFile.isTaken(lockName(folder))
        && RegularFile.identity(lockName(folder)).equals(lockIdentity);
  }

  /** Temporary files of a process that was killed in the middle of writing one. */
  private static void deleteLeftovers(Path folder) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, LEFTOVERS)) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /**
   * Whether another process has locked a folder to train in it. On a disk that machines share the
   * system may not know of another machine's lock. Not for a folder that this process has open: to
   * look at the lock would give it up.
   *
   * @return empty where that cannot be told
   */
  public static Optional<Boolean> isLocked(Path folder) {
    Path lock = lockName(folder);
    if (!RegularFile.isTaken(lock)) {
      return Optional.of(false);
    }
    return FileLocks.isHeldByAnother(lock).or(() -> isLockedAsTried(lock));
  }

  /** By a lock that is had for a moment. */
  static Optional<Boolean> isLockedAsTried(Path lock) {
    try (FileChannel channel = RegularFile.openToWrite(lock)) {
      return Optional.of(!lock(channel));
    } catch (IOException | InputException e) {
      return Optional.empty();
    }
  }

  /** Locks a file until its channel is closed; false if another run, of this JVM or not, has it. */
  static boolean lock(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** Whether something of a run is in a folder, so that it goes on there. */
  public static boolean hasBegun(Path folder) {
    return Files.exists(recordFile(folder)) || Files.exists(checkpointFile(folder));
  }

  /**
   * Whether the run in a folder is complete: with figures, and not only with its last step.
   *
   * @throws InputException if its record cannot be used
   */
  public static boolean isFinished(Path folder) {
    if (!Files.exists(recordFile(folder))) {
      return false;
    }
    RunRecord record = readRecord(folder);
    return record.exitReason() == RunRecord.ExitReason.COMPLETED && record.metrics() != null;
  }

  /** Where the checkpoint is, or will be. */
  public Path checkpointFile() {
    return checkpointFile(folder);
  }

  /** Where the checkpoint of a run directory is that is not opened for training. */
  public static Path checkpointFile(Path folder) {
    return folder.resolve("checkpoint.safetensors");
  }

  /** Where the metrics are. */
  public Path metricsFile() {
    return metricsFile(folder);
  }

  /** Where the metrics of a run directory are that is not opened for training. */
  public static Path metricsFile(Path folder) {
    return folder.resolve("metrics.csv");
  }

  /** Where the figures of the validation images are, in a run that has some. */
  public Path validationFile() {
    return validationFile(folder);
  }

  /** Where they are in a run directory that is not opened for training. */
  public static Path validationFile(Path folder) {
    return folder.resolve("validation.csv");
  }

  /** Where the checkpoint of the best epoch is, in a run that may stop early. */
  public Path bestFile() {
    return bestFile(folder);
  }

  /** Where it is in a run directory that is not opened for training. */
  public static Path bestFile(Path folder) {
    return folder.resolve("best.safetensors");
  }

  /** Where the record is. */
  public Path recordFile() {
    return recordFile(folder);
  }

  /** Where the record of a run directory is that is not opened for training. */
  public static Path recordFile(Path folder) {
    return folder.resolve("run.json");
  }

  /** Writes {@code run.json}, whole or not at all. */
  void write(RunRecord record) throws IOException {
    byte[] json = (Json.PRETTY.toJson(record) + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFile.replace(recordFile(), out -> out.write(json));
  }

  /** Reads {@code run.json}. */
  public RunRecord record() {
    return readRecord(folder);
  }

  /**
   * Reads {@code run.json} where there is one to go on with: not in a new run, and not where the
   * checkpoint has to stand in for a record that is missing or damaged.
   */
  Optional<RunRecord> recordToResume() {
    try {
      return Optional.of(record());
    } catch (LostRecordException e) {
      if (RegularFile.isTaken(recordFile()) && !RegularFile.isTaken(checkpointFile())) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /**
   * What a run is to go on with.
   *
   * @param plan its settings
   * @param asked what {@code --data} was
   * @param data what {@code --data} has to be for its images
   * @param status how far those are to be trusted
   * @param askedThreads what {@code --threads} was, if it was given
   * @param calibration how {@code --kl auto} chose the set point, if it did
   * @param warning one complete sentence for the user, where {@code run.json} could not be used
   */
  public record Resumption(
      TrainingPlan plan,
      DataChoice asked,
      DataChoice data,
      Dataset.Status status,
      Optional<Integer> askedThreads,
      Optional<Calibration> calibration,
      Optional<String> warning) {}

  /**
   * Finds out what the run in a folder is to go on with, without opening it for training: from
   * {@code run.json}, or where that is missing or damaged from the checkpoint, in which case the
   * {@link Trainer} writes {@code run.json} anew.
   *
   * @throws InputException if there is no run, or neither file can be used, or {@code run.json} is
   *     of a later version
   */
  public static Resumption planToResume(Path folder) {
    try {
      RunRecord record = readRecord(folder);
      return new Resumption(
          record.plan(),
          record.dataAsked(),
          record.dataToLoad(),
          record.dataset().status(),
          record.sessions().isEmpty()
              ? Optional.empty()
              : Optional.ofNullable(record.sessions().getLast().askedThreads()),
          Optional.ofNullable(record.calibration()),
          Optional.empty());
    } catch (LostRecordException lost) {
      return planOfCheckpoint(folder, lost);
    }
  }

  private static Resumption planOfCheckpoint(Path folder, LostRecordException lost) {
    boolean damaged = RegularFile.isTaken(recordFile(folder));
    if (!damaged && !RegularFile.isTaken(checkpointFile(folder))) {
      throw lost;
    }
    String loss =
        damaged
            ? lost.getMessage().substring(0, lost.getMessage().length() - 1)
            : "%s has no run.json".formatted(folder);
    try {
      Checkpoint checkpoint = Checkpoint.read(checkpointFile(folder));
      String warning =
          loss
              + "; the settings are those of the checkpoint, and run.json is written anew, without"
              + " the sessions so far.";
      return new Resumption(
          checkpoint.plan(),
          checkpoint.data(),
          checkpoint.dataToLoad(),
          checkpoint.images().status(),
          Optional.empty(),
          Optional.empty(),
          Optional.of(warning));
    } catch (InputException e) {
      e.addSuppressed(lost);
      throw new InputException(
          "%s, and its checkpoint is of no help: %s".formatted(loss, e.getMessage()), e);
    }
  }

  /** There is no record, or it is damaged: a checkpoint can stand in for it. */
  private static final class LostRecordException extends InputException {
    private static final long serialVersionUID = 1L;

    LostRecordException(String message) {
      super(message);
    }

    LostRecordException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Reads the {@code run.json} of a folder, without opening it for training.
   *
   * @throws InputException if there is none, or it is damaged or of a later version
   */
  public static RunRecord readRecord(Path folder) {
    Path file = recordFile(folder);
    if (!RegularFile.isTaken(file)) {
      throw new LostRecordException("%s holds no run: there is no run.json.".formatted(folder));
    }
    try {
      byte[] bytes = RegularFile.readAllBytes(file, Links.REFUSED, MAX_RECORD);
      String json = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      String current = OldFormats.upgraded(json, file, RunRecord.FORMAT, OldFormats::upgradePlan);
      RunRecord record = Json.PRETTY.fromJson(current, RunRecord.class);
      Optional<String> problem =
          record == null ? Optional.of("it is empty") : RunRecordCheck.problem(record);
      if (problem.isPresent()) {
        throw new LostRecordException("%s is damaged: %s.".formatted(file, problem.get()));
      }
      return record;
    } catch (InputException e) {
      throw e;
    } catch (UnknownRuleException e) {
      throw e.in(file);
    } catch (JsonParseException | CharacterCodingException e) {
      throw new LostRecordException(
          "%s is damaged: it is not the JSON of a run.".formatted(file), e);
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor refuses.
      String reason =
          e.getCause() instanceof InputException input ? ": " + input.getMessage() : ".";
      throw new LostRecordException("%s is damaged%s".formatted(file, reason), e);
    }
  }

  @Override
  public void close() {
    try {
      if (isInPlace()) {
        StopRequest.clear(folder);
      }
    } catch (IOException e) {
      // Whoever opens the folder next deletes it.
    }
    try {
      lockFile.close();
    } catch (IOException e) {
      // Closing releases the lock whatever it reports, and nothing was written to the file.
    }
  }
}
