// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import io.github.cvaegpu.AbsentIfNull;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.ImageSize;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.model.Decoder;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code checkpoint.safetensors}: everything that a run needs to go on bit for bit, and nothing
 * that runs when opened.
 *
 * <p>Parameters have PyTorch's names and shapes ({@code encoder.0.weight} of [out, in]); Adam's
 * moments have the same names behind {@value CheckpointFile#FIRST_MOMENT} and {@value
 * CheckpointFile#SECOND_MOMENT}. The metadata entry {@value CheckpointFile#METADATA} is JSON: the
 * plan, what is trained on, how the last step went, the position, which bits it is and the
 * checksums of all tensors and of the log so far. The entry {@value CheckpointFile#METADATA_SHA256}
 * is the SHA-256 of that text. So no bit of what a run goes on with can flip unseen.
 *
 * <p>Format 2 has a plan of one piece and the number of an image's pixels in place of height and
 * width. Format 1, of version 0.1.0, has no checksum of the log and of the metadata either, and
 * does not say which bits it is. Both are still read.
 *
 * @param state parameters, moments and how the last step went
 * @param position where the run stands
 * @param plan what the run trains
 * @param layout where each tensor is in the arrays
 * @param images what is trained on
 * @param data what {@code --data} was, with the options beside it
 * @param bits the {@link io.github.cvaegpu.engine.BitsVersion} of the process that wrote it
 */
public record Checkpoint(
    TrainingState state,
    Position position,
    TrainingPlan plan,
    ParameterLayout layout,
    Images images,
    DataChoice data,
    int bits) {

  /**
   * Where a run stands.
   *
   * @param epoch epochs done
   * @param nextBatch batches done of the epoch under way
   * @param controller the controller's memory
   * @param parametersSha256 SHA-256 of the parameters after each epoch done
   * @param metricsSha256 SHA-256 of {@code metrics.csv} up to the row of the step; null in format 1
   * @param validationSha256 SHA-256 of {@code validation.csv} up to the row of the last epoch done;
   *     absent of a run without validation images
   */
  public record Position(
      int epoch,
      int nextBatch,
      ControllerMemory controller,
      List<String> parametersSha256,
      String metricsSha256,
      @AbsentIfNull String validationSha256) {}

  /**
   * What a run is trained on.
   *
   * @param name the dataset's name
   * @param status how far its bytes are to be trusted
   * @param size height and width of an image; null before format 3, which has the number of pixels
   * @param sha256 of each part of the dataset, as its source names it
   */
  public record Images(
      String name, Dataset.Status status, ImageSize size, Map<String, String> sha256) {
    boolean isUsable() {
      return name != null && status != null && sha256 != null;
    }

    Images sorted() {
      return new Images(name, status, size, new TreeMap<>(sha256));
    }

    /** Whether images are of this size; of so many pixels, where that is all that is known. */
    boolean isOfSize(ImageSet set, int pixels) {
      return size == null ? set.imageSize() == pixels : set.shape().equals(size);
    }
  }

  /** Checksums of what is trained on. */
  public Map<String, String> datasetSha256() {
    return images.sha256();
  }

  /**
   * What {@code --data} has to be for the same images again; see {@link RunRecord#dataToLoad()}.
   */
  public DataChoice dataToLoad() {
    return RunRecord.dataToLoad(data, images.name(), images.status());
  }

  /**
   * Whether images are of the size that the network is for; of height and width too, where they are
   * known.
   */
  public boolean takes(ImageSet set) {
    return images.isOfSize(set, layout.shape().inputs());
  }

  /** What the model is trained to do, with the standard deviation that it learned, if it did. */
  public Objective objective() {
    return plan.objective().learned(layout, state.parameters());
  }

  /**
   * The model on a device, to be closed.
   *
   * @throws io.github.cvaegpu.engine.EngineException if there is too little memory
   */
  public VaeModel model(Accelerator accelerator) {
    return SavedModel.of(this).model(accelerator);
  }

  /** The decoder in double precision, for pictures. */
  public Decoder decoder() {
    return SavedModel.of(this).decoder();
  }

  /** Writes the file, whole or not at all. */
  void write(Path file) throws IOException {
    CheckpointFile.write(this, file);
  }

  /**
   * Reads a checkpoint.
   *
   * @throws InputException if the file is none, is damaged by as much as a bit, or holds a value
   *     that is not finite
   */
  public static Checkpoint read(Path file) {
    return CheckpointFile.read(file);
  }

  /** SHA-256 of the log that goes with this checkpoint; empty if the checkpoint does not say. */
  Optional<String> metricsSha256() {
    return Optional.ofNullable(position.metricsSha256());
  }

  /** SHA-256 of the log of the validation images; empty if there are none. */
  Optional<String> validationSha256() {
    return Optional.ofNullable(position.validationSha256());
  }

  /**
   * Refuses a log of the validation images that is not the one that was written beside this
   * checkpoint.
   *
   * @param validation the log, which may have more rows by now
   * @throws InputException if the rows up to this checkpoint's are not those that were written
   */
  public void requireValidation(Path validation) throws IOException {
    if (!ValidationLog.sha256(validation, position.epoch()).equals(validationSha256())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s is not what was written to it: its first %,d epochs do not have the checksum that"
                  + " the checkpoint beside it records.",
              validation,
              position.epoch()));
    }
  }

  /**
   * Refuses a log that is not the one that was written beside this checkpoint: of another run, or
   * changed since. A checkpoint of format 1 takes any.
   *
   * @param metrics the log, which may have more rows by now
   * @throws InputException if the rows up to this checkpoint's are not those that were written
   */
  public void requireMetrics(Path metrics) throws IOException {
    if (position.metricsSha256() != null
        && !MetricsLog.sha256(metrics, state.step()).equals(metricsSha256())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s is not what was written to it: its first %,d steps do not have the checksum that"
                  + " the checkpoint beside it records.",
              metrics,
              state.step()));
    }
  }

  /**
   * Refuses to go on with another run than this one.
   *
   * @param other the plan to go on with; only the number of epochs may differ
   * @param otherLayout the network to go on with
   * @param dataset what would be trained on
   * @throws InputException if anything that decides the numbers differs
   */
  void requireSameRun(TrainingPlan other, ParameterLayout otherLayout, Dataset dataset) {
    if (!otherLayout.encoder().equals(layout.encoder())
        || !otherLayout.decoder().equals(layout.decoder())) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The checkpoint's network has %d inputs, hidden %s and latent %d; the run's has %d,"
                  + " %s and %d.",
              layout.shape().inputs(),
              layout.shape().hidden(),
              layout.shape().latent(),
              otherLayout.shape().inputs(),
              otherLayout.shape().hidden(),
              otherLayout.shape().latent()));
    }
    requireSameImages(images.sha256(), dataset);
    requireSameSettings(other);
    int batches = plan.batches(plan.trainingImages(dataset.train().size()));
    if (position.nextBatch() >= batches
        || state.step() != (long) position.epoch() * batches + position.nextBatch()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The checkpoint is damaged: it is after step %d, but before batch %d of %d of epoch"
                  + " %d.",
              state.step(),
              position.nextBatch() + 1,
              batches,
              position.epoch() + 1));
    }
    if (other.epochs() < position.epoch()
        || (other.epochs() == position.epoch() && position.nextBatch() > 0)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The run has already done more than the %d epochs asked for.",
              other.epochs()));
    }
  }

  /**
   * Refuses a checkpoint that lies beside another run's record. Either may be a little ahead of the
   * other, as while the run is at work.
   *
   * @throws InputException if its settings or the parameters after an epoch are not the record's
   */
  public void requireRecord(RunRecord record) {
    requireSameSettings(record.plan());
    List<String> ours = position.parametersSha256();
    List<String> theirs = record.parametersSha256();
    int both = Math.min(ours.size(), theirs.size());
    if (!ours.subList(0, both).equals(theirs.subList(0, both))) {
      throw new InputException("The checkpoint's parameters are not those that run.json records.");
    }
  }

  private void requireSameSettings(TrainingPlan other) {
    if (!plan.withEpochs(other.epochs()).equals(other)) {
      throw new InputException(
          "The checkpoint's settings are not those of run.json: %s."
              .formatted(String.join(", ", plan.differences(other))));
    }
  }

  /**
   * Refuses to go on with other images.
   *
   * @param sha256 checksums of the files that the run was started on
   * @param dataset what would be trained on
   * @throws InputException if the checksums differ
   */
  static void requireSameImages(Map<String, String> sha256, Dataset dataset) {
    if (!dataset.sha256().equals(sha256)) {
      throw new InputException(
          "The run was started on other images than those of %s (%s): their checksums differ."
              .formatted(dataset.name(), dataset.origin()));
    }
  }
}
