// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.Digests;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * How a {@link Checkpoint} is written, and read from a file that may be damaged or of other people.
 * Formats before {@value #FORMAT} are read by way of {@link OldFormats}.
 */
final class CheckpointFile {
  static final String FIRST_MOMENT = "adam.exp_avg.";
  static final String SECOND_MOMENT = "adam.exp_avg_sq.";
  static final String METADATA = "cvae-gpu";
  static final String METADATA_SHA256 = METADATA + ".sha256";
  private static final int FORMAT = 3;

  /** The checksums of as many epochs as a plan can have take 69 MB. */
  private static final int MAX_HEADER = 80 << 20;

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
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    put(tensors, layout, "", state.parameters());
    put(tensors, layout, FIRST_MOMENT, state.firstMoment());
    put(tensors, layout, SECOND_MOMENT, state.secondMoment());
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
    String json = Json.COMPACT.toJson(header);
    // "format": "pt" is what loaders look for to know that names and shapes are PyTorch's.
    new SafeTensors(Map.of("format", "pt", METADATA, json, METADATA_SHA256, sha256(json)), tensors)
        .writeAtomically(file);
  }

  private static void put(
      SequencedMap<String, SafeTensors.Tensor> tensors,
      ParameterLayout layout,
      String prefix,
      float[] array) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      tensors.put(
          prefix + tensor.name(), new SafeTensors.Tensor(tensor.shape(), array, tensor.offset()));
    }
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
      Map<String, String> metadata = in.header().metadata();
      Metadata read = metadata(file, metadata.get(METADATA), metadata.get(METADATA_SHA256));
      Header header = read.header();
      requireTensorCount(file, in.header().entries().size(), header.plan());
      ParameterLayout layout = layout(file, read);
      List<List<SafeTensorsHeader.Entry>> places = places(file, in.header(), layout);
      float[][] arrays = new float[places.size()][];
      for (int i = 0; i < arrays.length; i++) {
        arrays[i] = new float[layout.size()];
        for (int j = 0; j < places.get(i).size(); j++) {
          in.read(places.get(i).get(j), arrays[i], layout.tensors().get(j).offset());
        }
        requireFinite(file, places.get(i), arrays[i], layout);
      }
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
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /** Of older versions, and where nothing was asked for, metadata have no reading. */
  private static DataChoice data(Path file, Header header) {
    try {
      return DataChoice.of(header.data(), Reading.ofRecord(header.reading()));
    } catch (InputException e) {
      throw damaged(file, e);
    }
  }

  /** Before a layout is made: a plan may claim more layers than there is memory for. */
  private static void requireTensorCount(Path file, int count, TrainingPlan plan) {
    // A weight and a bias of each layer, of which encoder and decoder have one more than widths.
    long needed = 3L * 2 * 2 * (plan.hidden().size() + 1);
    if (count != needed) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s has %d tensors, and a checkpoint of its network has %d.",
              file,
              count,
              needed));
    }
  }

  private static ParameterLayout layout(Path file, Metadata metadata) {
    try {
      return new ParameterLayout(metadata.header().plan().shape(metadata.pixels()));
    } catch (InputException e) {
      throw damaged(file, e);
    }
  }

  /** Where in the file the tensors of the parameters and of both moments are. */
  private static List<List<SafeTensorsHeader.Entry>> places(
      Path file, SafeTensorsHeader header, ParameterLayout layout) {
    Map<String, SafeTensorsHeader.Entry> byName = new HashMap<>();
    header.entries().forEach(entry -> byName.put(entry.name(), entry));
    List<List<SafeTensorsHeader.Entry>> places = new ArrayList<>();
    for (String prefix : List.of("", FIRST_MOMENT, SECOND_MOMENT)) {
      List<SafeTensorsHeader.Entry> entries = new ArrayList<>();
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        String name = prefix + tensor.name();
        SafeTensorsHeader.Entry entry = byName.get(name);
        if (entry == null) {
          throw new InputException("%s has no tensor %s.".formatted(file, name));
        }
        if (!entry.shape().equals(tensor.shape())) {
          throw new InputException(
              "Tensor %s of %s has the shape %s, not %s."
                  .formatted(name, file, entry.shape(), tensor.shape()));
        }
        entries.add(entry);
      }
      places.add(entries);
    }
    return places;
  }

  private static void requireFinite(
      Path file, List<SafeTensorsHeader.Entry> entries, float[] array, ParameterLayout layout) {
    for (int j = 0; j < entries.size(); j++) {
      int offset = layout.tensors().get(j).offset();
      for (int i = 0; i < entries.get(j).size(); i++) {
        if (!Float.isFinite(array[offset + i])) {
          throw new InputException(
              String.format(
                  Locale.ROOT,
                  "%s cannot be used: tensor %s holds %s at index %d.",
                  file,
                  entries.get(j).name(),
                  array[offset + i],
                  i));
        }
      }
    }
  }

  private static Metadata metadata(Path file, String json, String sha256) {
    if (json == null) {
      throw new InputException(
          "%s was not written by this program: it has no '%s' metadata.".formatted(file, METADATA));
    }
    if (sha256 != null && !sha256.equals(sha256(json))) {
      throw new InputException(
          "%s is damaged: its metadata do not have the checksum that it records.".formatted(file));
    }
    int[] pixels = new int[1];
    Header header = header(file, current(file, json, pixels));
    if (header == null
        || header.format() < 1
        || (header.format() > 1
            && (sha256 == null
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
        || !isUsable(header.position())) {
      throw nonsense(file);
    }
    try {
      header.plan().rule().start().restore(header.position().controller());
    } catch (InputException e) {
      throw damaged(file, e);
    }
    if (header.dataset().size() != null) {
      pixels[0] = header.dataset().size().pixels();
    }
    if (pixels[0] < 1 || pixels[0] > VaeShape.MAX_WIDTH) {
      throw nonsense(file);
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
      throw damaged(file, e);
    }
  }

  private static Header header(Path file, String json) {
    try {
      return Json.COMPACT.fromJson(json, Header.class);
    } catch (UnknownRuleException e) {
      throw e.in(file);
    } catch (InputException e) {
      throw damaged(file, e);
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor refuses.
      throw damaged(file, e.getCause() instanceof InputException input ? input : e);
    }
  }

  private static InputException damaged(Path file, RuntimeException why) {
    return new InputException(
        "The metadata of %s are damaged%s"
            .formatted(file, why instanceof InputException ? ": " + why.getMessage() : "."),
        why);
  }

  private static InputException nonsense(Path file) {
    return new InputException(
        "The metadata of %s are damaged: parts of them are missing or make no sense."
            .formatted(file));
  }

  private static boolean isUsable(Checkpoint.Position position) {
    return position != null
        && position.controller() != null
        && position.epoch() >= 0
        && position.nextBatch() >= 0
        && position.parametersSha256() != null
        && !position.parametersSha256().contains(null)
        && position.parametersSha256().size() == position.epoch();
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
    MessageDigest digest = Digests.sha256();
    for (float[] array : arrays) {
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        ByteBuffer bytes =
            ByteBuffer.allocate(tensor.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(array, tensor.offset(), tensor.size());
        digest.update(bytes);
      }
    }
    return Digests.hex(digest);
  }

  /** SHA-256 of a text in UTF-8, lower-case hex. */
  static String sha256(String text) {
    return Digests.sha256(text.getBytes(StandardCharsets.UTF_8));
  }
}
