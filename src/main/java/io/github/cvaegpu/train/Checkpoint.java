// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * {@code checkpoint.safetensors}: everything that a run needs to go on bit for bit, and nothing
 * that runs when opened.
 *
 * <p>Parameters have PyTorch's names and shapes ({@code encoder.0.weight} of [out, in]); Adam's
 * moments have the same names behind {@value #FIRST_MOMENT} and {@value #SECOND_MOMENT}. The
 * metadata entry {@value #METADATA} is JSON: the plan, the number of inputs, the position, what is
 * trained on and the checksum of all tensors.
 *
 * @param state parameters, moments and step
 * @param position where the run stands
 * @param plan what the run trains
 * @param layout where each tensor is in the arrays
 * @param images what is trained on
 */
public record Checkpoint(
    TrainingState state,
    Position position,
    TrainingPlan plan,
    ParameterLayout layout,
    Images images) {

  static final String FIRST_MOMENT = "adam.exp_avg.";
  static final String SECOND_MOMENT = "adam.exp_avg_sq.";
  static final String METADATA = "cvae-gpu";
  private static final int FORMAT = 1;

  /**
   * Where a run stands.
   *
   * @param step training steps done
   * @param klPerImage KL divergence of the last step, which the controller has yet to see
   * @param epoch epochs done
   * @param nextBatch batches done of the epoch under way
   * @param controller the controller's memory
   * @param parametersSha256 SHA-256 of the parameters after each epoch done
   */
  public record Position(
      long step,
      float klPerImage,
      int epoch,
      int nextBatch,
      BetaController.State controller,
      List<String> parametersSha256) {}

  /**
   * What a run is trained on.
   *
   * @param name the dataset's name
   * @param status how far its bytes are to be trusted
   * @param sha256 of each uncompressed file
   */
  public record Images(String name, Dataset.Status status, Map<String, String> sha256) {
    private boolean isUsable() {
      return name != null && status != null && sha256 != null;
    }

    private Images sorted() {
      return new Images(name, status, new TreeMap<>(sha256));
    }
  }

  /** The metadata entry. */
  private record Header(
      int format,
      String program,
      TrainingPlan plan,
      int inputs,
      Position position,
      Images dataset,
      String tensorsSha256) {}

  /** Checksums of what is trained on. */
  public Map<String, String> datasetSha256() {
    return images.sha256();
  }

  /**
   * What {@code --data} has to be for the same images again; see {@link RunRecord#dataToLoad()}.
   */
  public String dataToLoad() {
    return RunRecord.dataToLoad(plan, images.name(), images.status());
  }

  /** Writes the file, whole or not at all. */
  void write(Path file) throws IOException {
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    put(tensors, "", state.parameters());
    put(tensors, FIRST_MOMENT, state.firstMoment());
    put(tensors, SECOND_MOMENT, state.secondMoment());
    var header =
        new Header(
            FORMAT,
            Program.nameAndVersion(),
            plan,
            layout.shape().inputs(),
            position,
            // Sorted: an immutable map's order changes from process to process.
            images.sorted(),
            tensorsSha256(state, layout));
    // "format": "pt" is what loaders look for to know that names and shapes are PyTorch's.
    new SafeTensors(Map.of("format", "pt", METADATA, Json.COMPACT.toJson(header)), tensors)
        .writeAtomically(file);
  }

  private void put(SequencedMap<String, SafeTensors.Tensor> tensors, String prefix, float[] array) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      tensors.put(
          prefix + tensor.name(), new SafeTensors.Tensor(tensor.shape(), array, tensor.offset()));
    }
  }

  /**
   * Reads a checkpoint.
   *
   * @throws InputException if the file is none, is damaged by as much as a bit of a tensor, or
   *     holds a value that is not finite
   */
  public static Checkpoint read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException("There is no checkpoint %s.".formatted(file));
    }
    try {
      SafeTensors tensors = SafeTensors.read(file);
      tensors.requireFinite(file);
      Header header = header(file, tensors.metadata().get(METADATA));
      var layout = new ParameterLayout(header.plan().shape(header.inputs()));
      Position position = header.position();
      var state =
          new TrainingState(
              gather(file, tensors, layout, ""),
              gather(file, tensors, layout, FIRST_MOMENT),
              gather(file, tensors, layout, SECOND_MOMENT),
              position.step(),
              position.klPerImage());
      if (!tensorsSha256(state, layout).equals(header.tensorsSha256())) {
        throw new InputException(
            "%s is damaged: its tensors do not have the checksum that it records.".formatted(file));
      }
      return new Checkpoint(state, position, header.plan(), layout, header.dataset());
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private static Header header(Path file, String json) {
    if (json == null) {
      throw new InputException(
          "%s was not written by this program: it has no '%s' metadata.".formatted(file, METADATA));
    }
    Header header;
    try {
      header = Json.COMPACT.fromJson(json, Header.class);
    } catch (JsonParseException e) {
      throw new InputException("The metadata of %s are damaged.".formatted(file), e);
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor refuses.
      throw new InputException(
          "The metadata of %s are damaged%s"
              .formatted(
                  file,
                  e.getCause() instanceof InputException input ? ": " + input.getMessage() : "."),
          e);
    }
    if (header != null && header.format() != FORMAT) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has format %d; this program reads format %d.",
              file,
              header.format(),
              FORMAT));
    }
    if (header == null
        || header.plan() == null
        || header.dataset() == null
        || !header.dataset().isUsable()
        || header.tensorsSha256() == null
        || header.inputs() < 1
        || header.inputs() > VaeShape.MAX_WIDTH
        || !isUsable(header.position())) {
      throw new InputException(
          "The metadata of %s are damaged: parts of them are missing or make no sense."
              .formatted(file));
    }
    return header;
  }

  private static boolean isUsable(Position position) {
    return position != null
        && Float.isFinite(position.klPerImage())
        && position.controller() != null
        && Double.isFinite(position.controller().beta())
        && Double.isFinite(position.controller().integral())
        && position.epoch() >= 0
        && position.nextBatch() >= 0
        && position.parametersSha256() != null
        && !position.parametersSha256().contains(null)
        && position.parametersSha256().size() == position.epoch();
  }

  private static float[] gather(
      Path file, SafeTensors tensors, ParameterLayout layout, String prefix) {
    float[] array = new float[layout.size()];
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      tensors.require(file, prefix + tensor.name(), tensor.shape()).copyTo(array, tensor.offset());
    }
    return array;
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
    if (!otherLayout.shape().equals(layout.shape())) {
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
    if (!plan.withEpochsAndDataOf(other).equals(other)) {
      throw new InputException(
          "The checkpoint's settings are not those of run.json: %s against %s."
              .formatted(plan, other));
    }
    int batches = Math.ceilDiv(dataset.train().size(), plan.batchSize());
    if (position.nextBatch() >= batches
        || position.step() != (long) position.epoch() * batches + position.nextBatch()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "The checkpoint is damaged: it is after step %d, but before batch %d of %d of epoch"
                  + " %d.",
              position.step(),
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

  /**
   * SHA-256 of parameters, lower-case hex: the tensors in order, as little-endian floats, without
   * the gaps between them.
   */
  static String sha256(float[] parameters, ParameterLayout layout) {
    return sha256(List.of(parameters), layout);
  }

  /** The same of all tensors: parameters, then both moments. */
  private static String tensorsSha256(TrainingState state, ParameterLayout layout) {
    return sha256(List.of(state.parameters(), state.firstMoment(), state.secondMoment()), layout);
  }

  private static String sha256(List<float[]> arrays, ParameterLayout layout) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (float[] array : arrays) {
        for (ParameterLayout.Tensor tensor : layout.tensors()) {
          ByteBuffer bytes =
              ByteBuffer.allocate(tensor.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          bytes.asFloatBuffer().put(array, tensor.offset(), tensor.size());
          digest.update(bytes);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
