// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs of tiny images, each trained when it is first asked for, and what is said of them. */
final class RunsToEvaluate {
  private final Path folder;
  private final Path images;

  /**
   * @param folder to keep the images and the runs in
   */
  RunsToEvaluate(Path folder) throws IOException {
    this.folder = folder;
    images = TinyImages.writeFolder(folder.resolve("images"), 1);
  }

  /** A run of so many latent dimensions. */
  String run(int latent) {
    Path run = folder.resolve("latent-" + latent);
    if (!Files.exists(run)) {
      CommandRun.of(
              List.of(
                  "train",
                  "--control=constant",
                  "--quiet",
                  "--engine=cpu",
                  "--threads=1",
                  "--epochs=3",
                  "--hidden=20,10",
                  "--lr=0.01",
                  "--latent=" + latent,
                  "--data=" + images,
                  "--out=" + run))
          .succeeded();
    }
    return run.toString();
  }

  /** {@code evaluate} of such a run. */
  CommandRun evaluate(int latent, List<String> options) {
    List<String> args = new ArrayList<>(List.of("evaluate", run(latent), "--engine=cpu"));
    args.addAll(options);
    return CommandRun.of(args);
  }

  /** The mean of an estimate in JSON. */
  static double mean(JsonObject object, String name) {
    JsonObject estimate = object.getAsJsonObject(name);
    assertEquals(Set.of("mean", "standard_error"), estimate.keySet());
    return estimate.get("mean").getAsDouble();
  }
}
