// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.DownloadListener;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Folders of short runs to damage: whole ones, and ones that were stopped in mid-epoch. */
public final class RunFolder {
  /** Files of a run. */
  public static final List<String> FILES =
      List.of("run.json", "metrics.csv", "checkpoint.safetensors");

  /** Steps of a whole run: three epochs of five. */
  public static final int STEPS = 15;

  /** Gains at which beta moves at every step, so that a controller's lost memory shows. */
  public static final BetaRule CONTROL =
      new PiRule(1e-4, 0.1, 0.01, 0.001, 10, AntiWindup.DIRECTIONAL);

  public static final BetaRule BETA = new ConstantRule(1);

  private RunFolder() {}

  /** Loads the four files of a folder, and nothing else. */
  public static Dataset load(Path images) {
    var nowhere = new DataLocations(images.resolve("no cache"), Optional.empty(), true);
    return new DatasetLoader(nowhere)
        .load(new DataChoice.At(images), DownloadListener.SILENT)
        .dataset();
  }

  /**
   * Trains.
   *
   * @param folder of the run; made, or gone on with
   * @param images folder of {@link TinyImages}
   * @param rule what decides beta
   * @param seed another seed gives other numbers
   * @param until the step to stop after
   */
  public static Path train(Path folder, Path images, BetaRule rule, long seed, int until) {
    return train(folder, images, rule, seed, until, "999999epochs");
  }

  /** The same with a checkpoint every so often, as the option has it. */
  public static Path train(
      Path folder, Path images, BetaRule rule, long seed, int until, String interval) {
    Dataset dataset = load(images);
    var plan = Plans.of(rule, 3, 64, 1e-2, 2, List.of(8, 6), seed);
    long[] step = new long[1];
    RunObserver counting =
        new RunObserver() {
          @Override
          public void step(StepReport report) {
            long now = report.step();
            step[0] = now;
          }
        };
    boolean begun = Files.exists(folder.resolve("run.json"));
    try (var directory = begun ? RunDirectory.resume(folder) : RunDirectory.create(folder);
        var engine = plan.trainee(new CpuAccelerator(1), dataset.train())) {
      new Trainer(
              plan,
              dataset,
              engine,
              directory,
              Provenance.of(new DataChoice.At(images), Optional.empty()),
              CheckpointInterval.parse(interval),
              counting,
              () -> step[0] == until)
          .run();
    }
    return folder;
  }

  /** The files of a run, by name. */
  public static Map<String, byte[]> read(Path folder) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : FILES) {
      files.put(name, Files.readAllBytes(folder.resolve(name)));
    }
    return files;
  }

  /** Makes a folder hold these files and no others. */
  public static void write(Path folder, Map<String, byte[]> files) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> old = Files.list(folder)) {
      for (Path file : old.toList()) {
        if (!files.containsKey(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
    for (var file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }
}
