// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.Resources;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** Where the files of an export go: asked of the folders first, then written, all or none. */
public final class ExportedFiles {
  private static final String LOADER = "load.py";
  private static final List<String> ONNX = List.of("encoder.onnx", "decoder.onnx");
  private static final List<String> SAFETENSORS =
      List.of(SavedModel.FILE, "config.json", "README.md", LOADER);

  private final Optional<Path> onnx;
  private final Optional<Path> safeTensors;

  /**
   * An export that can be written, as far as that is known before it is.
   *
   * @param onnx the folder for {@code encoder.onnx} and {@code decoder.onnx}; made if absent
   * @param safeTensors the folder for {@code model.safetensors} and what describes it; made if
   *     absent
   * @param overwrite whether files that are there may be replaced
   * @throws InputException if a folder is none, or is a run's, or a file is there that may not be
   *     replaced
   */
  public ExportedFiles(Optional<Path> onnx, Optional<Path> safeTensors, boolean overwrite) {
    this.onnx = onnx;
    this.safeTensors = safeTensors;
    onnx.ifPresent(folder -> requireFree(folder, ONNX, overwrite));
    safeTensors.ifPresent(folder -> requireFree(folder, SAFETENSORS, overwrite));
  }

  private static void requireFree(Path folder, List<String> names, boolean overwrite) {
    if (folder.toString().isEmpty() || folder.toString().equals("-")) {
      throw new InputException("\"%s\" is no name of a folder to export to.".formatted(folder));
    }
    if (RegularFile.isTaken(folder) && !Files.isDirectory(folder)) {
      throw new InputException("%s is a file, not a folder to export to.".formatted(folder));
    }
    if (Files.isDirectory(folder) && !Files.isWritable(folder)) {
      throw new InputException("The folder %s cannot be written to.".formatted(folder));
    }
    if (RunDirectory.holdsRun(folder)) {
      throw new InputException(
          "%s is a run directory, which is the run's alone: name a folder in it, such as %s."
              .formatted(folder, folder.resolve("export")));
    }
    for (String name : names) {
      Path file = folder.resolve(name);
      if (!RegularFile.isTaken(file)) {
        continue;
      }
      if (!overwrite) {
        throw new InputException(
            "%s exists: add --overwrite to replace it, or choose another folder.".formatted(file));
      }
      try {
        RegularFile.require(file, Links.REFUSED);
      } catch (IOException e) {
        throw new InputException(
            "%s cannot be replaced: %s.".formatted(file, AtomicFile.reason(e)), e);
      }
    }
  }

  /**
   * Writes the files. Until all are written, those that were there are still there.
   *
   * @param record of the run that the model is of, where it is at hand: it has the figures
   * @return the files, in the order in which they were written
   * @throws InputException if the model is too large for ONNX, or a folder cannot be made
   * @throws UnwritableException if a file cannot be written; folders that were made are then gone
   *     again
   */
  public List<Path> write(SavedModel model, Optional<RunRecord> record) {
    SequencedMap<Path, AtomicFile.Content> contents = new LinkedHashMap<>();
    onnx.ifPresent(folder -> addOnnx(model, folder, contents));
    safeTensors.ifPresent(folder -> addSafeTensors(model, record, folder, contents));
    List<Path> made = new ArrayList<>();
    boolean written = false;
    try {
      onnx.ifPresent(folder -> make(folder, made));
      safeTensors.ifPresent(folder -> make(folder, made));
      AtomicFile.replaceAll(contents);
      written = true;
      return List.copyOf(contents.sequencedKeySet());
    } catch (IOException e) {
      throw new UnwritableException(
          "The model cannot be exported: %s.".formatted(AtomicFile.reason(e)), e);
    } finally {
      if (!written) {
        made.reversed().forEach(ExportedFiles::deleteIfEmpty);
      }
    }
  }

  private static void addOnnx(
      SavedModel model, Path folder, SequencedMap<Path, AtomicFile.Content> contents) {
    List<OnnxModel> halves = List.of(OnnxModel.encoder(model), OnnxModel.decoder(model));
    for (int i = 0; i < halves.size(); i++) {
      halves.get(i).requireReadable();
      contents.put(folder.resolve(ONNX.get(i)), halves.get(i)::write);
    }
  }

  private static void addSafeTensors(
      SavedModel model,
      Optional<RunRecord> record,
      Path folder,
      SequencedMap<Path, AtomicFile.Content> contents) {
    List<AtomicFile.Content> all =
        List.of(
            model::write,
            text(ModelConfig.of(model).toJson()),
            text(ModelCard.of(model, record)),
            loader());
    for (int i = 0; i < all.size(); i++) {
      contents.put(folder.resolve(SAFETENSORS.get(i)), all.get(i));
    }
  }

  private static AtomicFile.Content text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return out -> out.write(bytes);
  }

  private static AtomicFile.Content loader() {
    byte[] bytes = Resources.read("io/github/cvaegpu/export/" + LOADER).orElseThrow();
    return out -> out.write(bytes);
  }

  /** Makes a folder and those that it is in, and remembers which were not there. */
  private static void make(Path folder, List<Path> made) {
    List<Path> absent = new ArrayList<>();
    for (Path at = folder.toAbsolutePath().normalize();
        at != null && !Files.exists(at);
        at = at.getParent()) {
      absent.add(at);
    }
    made.addAll(absent.reversed());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException(
          "The folder %s cannot be made: %s.".formatted(folder, AtomicFile.reason(e)), e);
    }
  }

  private static void deleteIfEmpty(Path folder) {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // Somebody else has put something there meanwhile.
    }
  }
}
