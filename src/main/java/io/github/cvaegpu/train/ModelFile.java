// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.VaeShape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * An exported model, as {@link SavedModel#write} writes it: the parameters alone, under PyTorch's
 * names, and under {@value #METADATA} what they are of. Read from a file that may be damaged or of
 * other people, with the same care as {@link CheckpointFile}.
 */
final class ModelFile {
  static final String METADATA = "cvae-gpu.model";
  private static final int FORMAT = 1;

  /**
   * The metadata entry.
   *
   * @param format version of this entry's layout
   * @param program name and version of the program that wrote it
   * @param plan what the parameters were trained by: network, objective and seed too
   * @param inputs pixels of an image
   * @param dataset what was trained on; its size is null where only the number of pixels is known
   * @param steps training steps done
   * @param parametersSha256 as {@code run.json} has it
   */
  private record Header(
      int format,
      String program,
      TrainingPlan plan,
      int inputs,
      Checkpoint.Images dataset,
      long steps,
      String parametersSha256) {

    boolean isUsable() {
      return format == FORMAT
          && plan != null
          && inputs >= 1
          && inputs <= VaeShape.MAX_WIDTH
          && dataset != null
          && dataset.isUsable()
          && !dataset.sha256().containsValue(null)
          && (dataset.size() == null || dataset.size().pixels() == inputs)
          && steps >= 0
          && parametersSha256 != null;
    }
  }

  private ModelFile() {}

  static void write(SavedModel model, OutputStream out) throws IOException {
    SequencedMap<String, float[]> arrays = new LinkedHashMap<>();
    arrays.put("", model.parameters());
    var header =
        new Header(
            FORMAT,
            Program.nameAndVersion(),
            model.plan(),
            model.shape().inputs(),
            model.images().sorted(),
            model.steps(),
            model.parametersSha256());
    new SafeTensors(FileMetadata.of(METADATA, header), LayoutTensors.of(model.layout(), arrays))
        .write(out);
  }

  /** Whether a file says that it is an exported model. */
  static boolean isOne(SafeTensorsHeader header) {
    return header.metadata().containsKey(METADATA);
  }

  /** Reads the model of a file that is open. */
  static SavedModel read(Path file, SafeTensorsReader in) throws IOException {
    Header header = header(file, in.header());
    LayoutTensors.requireCount(file, in.header(), header.plan(), 1, "a model");
    ParameterLayout layout = layout(file, header);
    float[] parameters = LayoutTensors.read(file, in, layout, List.of(""))[0];
    if (!LayoutTensors.sha256(layout, parameters).equals(header.parametersSha256())) {
      throw new InputException(
          "%s is damaged: its tensors do not have the checksum that it records.".formatted(file));
    }
    return new SavedModel(
        layout, parameters, header.plan(), header.dataset(), header.steps(), Optional.empty());
  }

  private static Header header(Path file, SafeTensorsHeader safeTensors) {
    String json = FileMetadata.checked(file, safeTensors, METADATA);
    try {
      OldFormats.known(Json.COMPACT.fromJson(json, JsonObject.class), file, FORMAT);
    } catch (JsonParseException e) {
      throw FileMetadata.damaged(file, e);
    }
    Header header = FileMetadata.parsed(file, json, Header.class);
    if (header == null
        || !header.isUsable()
        || !safeTensors.metadata().containsKey(METADATA + FileMetadata.SHA256)) {
      throw FileMetadata.nonsense(file);
    }
    return header;
  }

  private static ParameterLayout layout(Path file, Header header) {
    try {
      return header.plan().layout(header.inputs());
    } catch (InputException e) {
      throw FileMetadata.damaged(file, e);
    }
  }
}
