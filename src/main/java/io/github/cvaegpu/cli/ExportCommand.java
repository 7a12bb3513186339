// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.export.ExportedFiles;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.SavedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code export}: a trained model for other programs. */
@Command(
    name = "export",
    description = {
      ExportCommand.WHAT,
      "One of --onnx and --safetensors is needed, or both; they may name the same folder."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ExportCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Writes a trained model for other programs: its encoder and decoder in ONNX, its weights with"
          + " a card and a loader for PyTorch.";

  /** The machine-readable form. */
  private record Line(String model, String parametersSha256, long steps, List<Written> files) {}

  /** A file that was written. */
  private record Written(String path, long bytes) {}

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--onnx",
      paramLabel = "DIR",
      description = "Write encoder.onnx and decoder.onnx there. Default: do not.")
  private Path onnx;

  @Option(
      names = "--safetensors",
      paramLabel = "DIR",
      description =
          "Write model.safetensors, config.json, README.md and load.py there. Default: do not.")
  private Path safeTensors;

  @Option(names = "--overwrite", description = "Replace files of these names. Default: refuse to.")
  private boolean overwrite;

  @Option(names = "--json", description = "Print one line of JSON. Default: a line for each file.")
  private boolean json;

  @Override
  public Integer call() {
    if (onnx == null && safeTensors == null) {
      throw new InputException("Nothing to export: add --onnx DIR, --safetensors DIR or both.");
    }
    var files =
        new ExportedFiles(Optional.ofNullable(onnx), Optional.ofNullable(safeTensors), overwrite);
    SavedModel model = modelOptions.open();
    requireOutside(model, onnx, "--onnx");
    requireOutside(model, safeTensors, "--safetensors");
    List<Written> written = new ArrayList<>();
    for (Path file : files.write(model, safeTensors == null ? Optional.empty() : record(model))) {
      written.add(new Written(file.toString(), size(file)));
    }
    if (json) {
      var line =
          new Line(
              modelOptions.path().toString(),
              model.parametersSha256(),
              model.steps(),
              List.copyOf(written));
      spec.commandLine().getOut().println(Json.COMPACT.toJson(line));
    } else {
      for (Written file : written) {
        spec.commandLine()
            .getOut()
            .printf(Locale.ROOT, "%s, %,d bytes%n", file.path(), file.bytes());
      }
    }
    return ExitCode.OK;
  }

  /** Refuses a folder among the pictures that the model was trained on. */
  private static void requireOutside(SavedModel model, Path folder, String option) {
    if (folder != null) {
      model
          .dataToLoad()
          .ifPresent(
              data ->
                  Outside.requireOfPictures(folder, data, "name another folder with " + option));
    }
  }

  /** The record of the run that the model is of, which has the figures. */
  private Optional<RunRecord> record(SavedModel model) {
    Path path = modelOptions.path();
    if (model.checkpoint().isEmpty() || !Files.isDirectory(path)) {
      return Optional.empty();
    }
    RunRecord record;
    try {
      record = RunDirectory.readRecord(path);
    } catch (InputException e) {
      spec.commandLine().getErr().println("Warning: README.md has no figures: " + e.getMessage());
      return Optional.empty();
    }
    try {
      model.checkpoint().get().requireRecord(record);
    } catch (InputException e) {
      throw new InputException("%s holds files of two runs. %s".formatted(path, e.getMessage()), e);
    }
    return Optional.of(record);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UnwritableException("%s is gone: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }
}
