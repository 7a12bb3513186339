// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.model.Activation;
import io.github.cvaegpu.model.NetworkSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose network has tanh, and files that do not say what it has. */
class ActivationInRunsTest {
  private static final int STEPS = 3 * TinyRun.STEPS_PER_EPOCH;
  private static final String RELU = "\"activation\": \"relu\"";

  @TempDir Path folder;
  private TinyRun run;

  @BeforeEach
  void newRun() {
    run = new TinyRun(folder.resolve("run"));
    run.plan = withTanh(run.plan);
  }

  private static TrainingPlan withTanh(TrainingPlan plan) {
    return new TrainingPlan(
        plan.rule(),
        plan.objective(),
        new NetworkSettings(plan.hidden(), plan.latent(), Activation.TANH),
        plan.schedule(),
        plan.seed());
  }

  @Test
  void aStopAfterEveryStepDoesNotMatter() throws IOException {
    var uninterrupted = new TinyRun(folder.resolve("uninterrupted"));
    uninterrupted.plan = run.plan;
    uninterrupted.toTheEnd();
    for (int step = 1; step < STEPS; step++) {
      run.until(step);
    }
    run.threads = 2;
    run.toTheEnd();
    assertEquals(uninterrupted.result(), run.result());
    var rectified = new TinyRun(folder.resolve("relu"));
    rectified.toTheEnd();
    assertNotEquals(rectified.result().parametersSha256(), run.result().parametersSha256());
  }

  /** By the engine and for pictures, of the checkpoint and of what is exported of it. */
  @Test
  void itsModelsDecodeTheSame() throws IOException {
    run.until(STEPS - 2);
    SavedModel saved = SavedModel.open(folder.resolve("run"));
    Path exported = folder.resolve(SavedModel.FILE);
    try (var out = Files.newOutputStream(exported)) {
      saved.write(out);
    }
    float[] z = {0.5f, -1};
    float[] first = null;
    for (SavedModel model : List.of(saved, SavedModel.open(exported))) {
      assertEquals(Activation.TANH, model.shape().activation());
      float[] mean = new float[model.shape().inputs()];
      try (var cpu = new CpuAccelerator(1);
          var engine = model.model(cpu)) {
        engine.decode(z, 1, mean);
      }
      assertArrayEquals(mean, model.decoder().decode(z), 1e-5f);
      first = first == null ? mean : first;
      assertArrayEquals(first, mean);
    }
  }

  @Test
  void anotherActivationIsAnotherRun() {
    run.until(2);
    run.plan = TinyRun.plan(3, 1e-2);
    String message = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(message.contains("activation \"tanh\" against \"relu\""), message);
  }

  /** Files of versions that had no other say nothing of it. */
  @Test
  void aPlanThatDoesNotSayHasRelu() throws IOException {
    run.plan = TinyRun.plan(3, 1e-2);
    run.until(2);
    TrainingPlan plan = run.record().plan();
    String json = Files.readString(run.recordFile());
    assertTrue(json.contains(RELU), json);
    Files.writeString(run.recordFile(), json.replaceAll(",\\s*" + RELU, ""));
    assertFalse(Files.readString(run.recordFile()).contains("activation"));
    assertEquals(plan, run.record().plan());
    assertEquals(Activation.RELU, run.record().plan().network().activation());
    run.toTheEnd();
    assertTrue(Files.readString(run.recordFile()).contains(RELU));
  }

  @Test
  void anActivationThatThereIsNotIsDamage() throws IOException {
    run.until(2);
    String json = Files.readString(run.recordFile());
    Files.writeString(run.recordFile(), json.replace("\"tanh\"", "\"sigmoid\""));
    String message = assertThrows(InputException.class, run::record).getMessage();
    assertTrue(message.endsWith(".") && message.contains("run.json"), message);
  }
}
