// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.serve.Latest;
import io.github.cvaegpu.serve.TestImages;
import io.github.cvaegpu.train.Checkpoint;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Map;

/**
 * The test images of runs that are served: from this machine's disks, as nothing is downloaded for
 * a page, and encoded by one thread of the CPU, as the GPU is somebody's who trains.
 */
final class ServedImages implements TestImages {
  /** Test images of a few datasets; the training images are not kept. */
  private static final int KEPT = 2;

  private record Kept(String name, Map<String, String> sha256, ImageSet test) {}

  private final Map<DataChoice, Kept> datasets = new Latest<>(KEPT);

  @Override
  public Posterior of(Checkpoint checkpoint) {
    Kept kept = datasets.computeIfAbsent(checkpoint.dataToLoad(), ServedImages::load);
    if (!checkpoint.takes(kept.test()) || !kept.sha256().equals(checkpoint.datasetSha256())) {
      throw new InputException(
          "The run was trained on other images than those of %s.".formatted(kept.name()));
    }
    ImageSet given =
        checkpoint.objective().targets().isDrawn()
            ? checkpoint.plan().given(kept.test())
            : kept.test();
    try (var accelerator = new CpuAccelerator(1);
        VaeModel model = checkpoint.model(accelerator)) {
      return Posterior.of(model, given);
    }
  }

  private static Kept load(DataChoice choice) {
    var loader = new DatasetLoader(DataLocations.fromEnvironment().offlineIf(true));
    try (var nobody = new DownloadLines(new PrintWriter(Writer.nullWriter()), false)) {
      Dataset dataset = loader.load(choice, nobody).dataset();
      return new Kept(dataset.name(), dataset.sha256(), dataset.test());
    }
  }
}
