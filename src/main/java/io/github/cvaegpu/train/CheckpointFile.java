// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Reading;
import io.github.cvaegpu.engine.TrainingState;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * How a {@link Checkpoint} is written, and read from a file that may be damaged or of other people.
 * Formats before {@value #FORMAT} are read by way of {@link OldFormats}.
 */
final class CheckpointFile {
  static final String FIRST_MOMENT = "adam.exp_avg.";
  static final String SECOND_MOMENT = "adam.exp_avg_sq.";
  static final String METADATA = "cvae-gpu";
  static final String METADATA_SHA256 = METADATA + FileMetadata.SHA256;
  private static final List<String> PREFIXES = List.of("", FIRST_MOMENT, SECOND_MOMENT);
  private static final int FORMAT = 3;

  /** The checksums of as many epochs as a plan can have take 69 MB. */
  static final int MAX_HEADER = 80 << 20;

  /** The metadata entry. */
  private record Header(
      int format,
      String program,
      int bits,
      TrainingPlan plan,
      String data,
      Reading reading,
      Checkpoint.Images dataset,
      StepFeedback last,
      Checkpoint.Position position,
      String tensorsSha256) {}

  /** The metadata entry, and the pixels of an image, which older formats have in another place. */
  private record Metadata(Header header, int pixels) {}

  private CheckpointFile() {}

  /** Writes the file, whole or not at all. */
  static void write(Checkpoint checkpoint, Path file) throws IOException {
    TrainingState state = checkpoint.state();
    ParameterLayout layout = checkpoint.layout();
    SequencedMap<String, float[]> arrays = new LinkedHashMap<>();
    arrays.put("", state.parameters());
    arrays.put(FIRST_MOMENT, state.firstMoment());
    arrays.put(SECOND_MOMENT, state.secondMoment());
    var header =
        new Header(
            FORMAT,
            Program.nameAndVersion(),
            checkpoint.bits(),
            checkpoint.plan(),
            checkpoint.data().text(),
            checkpoint.data().reading().recorded(),
            // Sorted: an immutable map's order changes from process to process.
            checkpoint.images().sorted(),
            state.last(),
            checkpoint.position(),
            tensorsSha256(state, layout));
    new SafeTensors(FileMetadata.of(METADATA, header), LayoutTensors.of(layout, arrays))
        .writeAtomically(file);
  }

  /**
   * Reads a checkpoint. Nothing is allocated for its tensors before their shapes are known to be
   * those of its plan, and no more than the file has.
   *
   * @throws InputException if the file is none, is damaged by as much as a bit, or holds a value
   *     that is not finite
   */
  static Checkpoint read(Path file) {
    if (!RegularFile.isTaken(file) || Files.isDirectory(file)) {
      throw new InputException("There is no checkpoint %s.".formatted(file));
    }
    try (var in = SafeTensorsReader.open(file, Links.REFUSED, MAX_HEADER)) {
      return read(file, in);
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /** Of older versions, and where nothing was asked for, metadata have no reading. */
  private static DataChoice data(Path file, Header header) {
    try {
      return DataChoice.of(header.data(), Reading.ofRecord(header.reading()));
    } catch (InputException e) {
      throw FileMetadata.damaged(file, e);
    }
  }

  /** Reads the checkpoint of a file that is open. */
  static Checkpoint read(Path file, SafeTensorsReader in) throws IOException {
    Metadata read = metadata(file, in.header());
    Header header = read.header();
    LayoutTensors.requireCount(file, in.header(), header.plan(), PREFIXES.size(), "a checkpoint");
    ParameterLayout layout = layout(file, read);
    float[][] arrays = LayoutTensors.read(file, in, layout, PREFIXES);
    var state = new TrainingState(arrays[0], arrays[1], arrays[2], header.last());
    if (!tensorsSha256(state, layout).equals(header.tensorsSha256())) {
      throw new InputException(
          "%s is damaged: its tensors do not have the checksum that it records.".formatted(file));
    }
    return new Checkpoint(
        state,
        header.position(),
        header.plan(),
        layout,
        header.dataset(),
        data(file, header),
        header.bits());
  }

  private static ParameterLayout layout(Path file, Metadata metadata) {
    try {
      return metadata.header().plan().layout(metadata.pixels());
    } catch (InputException e) {
      throw FileMetadata.damaged(file, e);
    }
  }

  private static Metadata metadata(Path file, SafeTensorsHeader safeTensors) {
    String json = FileMetadata.checked(file, safeTensors, METADATA);
    boolean hasChecksum = safeTensors.metadata().containsKey(METADATA_SHA256);
    int[] pixels = new int[1];
    Header header = FileMetadata.parsed(file, current(file, json, pixels), Header.class);
    if (header == null
        || header.format() < 1
        || (header.format() > 1
            && (!hasChecksum
                || header.bits() < 1
                || header.position() == null
                || header.position().metricsSha256() == null))
        || header.plan() == null
        || header.data() == null
        || header.dataset() == null
        || !header.dataset().isUsable()
        || (header.format() >= OldFormats.PLAN_OF_PARTS && header.dataset().size() == null)
        || header.tensorsSha256() == null
        || header.last() == null
        || header.last().step() < 0
        || !Float.isFinite((float) header.last().rl())
        || !Float.isFinite((float) header.last().kl())
        || !isUsable(header.position(), header.plan())) {
      throw FileMetadata.nonsense(file);
    }
    try {
      header.plan().rule().requireMemory(header.position().controller());
    } catch (InputException e) {
      throw FileMetadata.damaged(file, e);
    }
    if (header.dataset().size() != null) {
      pixels[0] = header.dataset().size().pixels();
    }
    if (pixels[0] < 1 || pixels[0] > VaeShape.MAX_WIDTH) {
      throw FileMetadata.nonsense(file);
    }
    return new Metadata(header, pixels[0]);
  }

  /** The metadata in today's format, and of older ones what else they say of an image's pixels. */
  private static String current(Path file, String json, int[] pixels) {
    try {
      return OldFormats.upgraded(
          json,
          file,
          FORMAT,
          old -> {
            pixels[0] = OldFormats.pixels(old);
            OldFormats.upgradeMetadata(old);
          });
    } catch (JsonParseException e) {
      throw FileMetadata.damaged(file, e);
    }
  }

  private static boolean isUsable(Checkpoint.Position position, TrainingPlan plan) {
    return position != null
        && position.controller() != null
        && position.epoch() >= 0
        && position.nextBatch() >= 0
        && position.parametersSha256() != null
        && !position.parametersSha256().contains(null)
        && position.parametersSha256().size() == position.epoch()
        && (plan.validation() == null) == (position.validationSha256() == null);
  }

  /**
   * SHA-256 of parameters, lower-case hex: the tensors in order, as little-endian floats, without
   * the gaps between them.
   */
  static String sha256(float[] parameters, ParameterLayout layout) {
    return LayoutTensors.sha256(layout, parameters);
  }

  /** The same of all tensors: parameters, then both moments. */
  private static String tensorsSha256(TrainingState state, ParameterLayout layout) {
    return LayoutTensors.sha256(
        layout, state.parameters(), state.firstMoment(), state.secondMoment());
  }
}
