// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.ConstantRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A run on the GPU is stopped for a checkpoint some steps after the one that asks for it: all that
 * were under way end first. The checkpoint is written there all the same.
 */
@ExtendWith(OnGpu.class)
class CudaCheckpointsTest {
  private static final int BATCH = 4;
  private static final int EPOCHS = 2;

  /** Batches of an epoch, of which the intervals here are no divisors. */
  private static final int BATCHES = TinyImages.TRAIN / BATCH;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"7, FUSED", "50, FUSED", "50, CUBLAS"})
  void areWrittenSoonAfterTheStepThatTheyAreDueAt(int interval, StepKind kind) {
    Dataset dataset = TinyImages.dataset(1);
    TrainingPlan plan = Plans.of(new ConstantRule(1), EPOCHS, BATCH, 1e-3, 2, List.of(5), 7);
    CudaAccelerator.Options options =
        CudaAccelerator.Options.standard(Map.of()).with(kind, Tune.OFF);
    List<Long> written = new ArrayList<>();
    var observer =
        new RunObserver() {
          @Override
          public void checkpoint(Path file, long step) {
            written.add(step);
          }
        };
    try (var accelerator = new CudaAccelerator(Precision.FLOAT32, options);
        var trainee = plan.trainee(accelerator, dataset.train());
        var directory = RunDirectory.create(folder.resolve("run"))) {
      new Trainer(
              plan,
              dataset,
              trainee,
              directory,
              new Provenance(new DataChoice.Named("tiny"), Optional.empty(), Optional.empty()),
              CheckpointInterval.parse(interval + "steps"),
              observer,
              () -> false)
          .run();
    }
    long steps = (long) EPOCHS * BATCHES;
    assertEquals(steps, written.getLast());
    long last = 0;
    for (long step : written) {
      // A checkpoint that was late may have the next multiple be near.
      assertTrue(step - last < interval + options.stepsAhead(), written.toString());
      last = step;
    }
  }
}
