// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.BetaController;
import io.github.cvaegpu.control.ControllerMemory;
import io.github.cvaegpu.control.OwnRule;
import io.github.cvaegpu.control.StepFeedback;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.DownloadListener;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.TinyRun;
import io.github.cvaegpu.train.Trainer;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the program does with a run that another program trained by a controller of its own. */
class OwnRuleTest {
  private static final String REFUSAL =
      "What decides beta in the run is \"thirds\", a controller of the Java program that began it:"
          + " only that program can train by it.";

  @TempDir private static Path temp;
  private static Path run;

  /** Remembers how often it was asked. */
  private static final class Thirds implements BetaController {
    private double asked;

    @Override
    public double next(StepFeedback last) {
      asked++;
      return asked / 3;
    }

    @Override
    public ControllerMemory memory() {
      return ControllerMemory.of(Map.of("asked", asked));
    }

    @Override
    public void restore(ControllerMemory memory) {
      asked = memory.get("asked");
    }
  }

  @BeforeAll
  static void train() throws Exception {
    Path images = TinyImages.writeFolder(temp.resolve("images"), 1);
    run = temp.resolve("run");
    var choice = new DataChoice.At(images);
    Dataset dataset =
        new DatasetLoader(DataLocations.fromEnvironment())
            .load(choice, DownloadListener.SILENT)
            .dataset();
    TrainingPlan plan = TinyRun.plan(2, 1e-2).withRule(new OwnRule("thirds", OptionalDouble.of(2)));
    try (var accelerator = new CpuAccelerator(1);
        Trainee trainee = plan.trainee(accelerator, dataset.train());
        RunDirectory directory = RunDirectory.create(run)) {
      new Trainer(
              plan,
              new Thirds(),
              dataset,
              trainee,
              directory,
              Provenance.of(choice, Optional.empty()),
              CheckpointInterval.parse("1epochs"),
              RunObserver.NONE,
              () -> false)
          .run();
    }
  }

  @Test
  void itsRuleIsRecordedByName() throws Exception {
    String json = Files.readString(run.resolve("run.json"));
    assertTrue(json.contains("\"name\": \"own\""), json);
    assertTrue(json.contains("\"controller\": \"thirds\""), json);
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate", "encode", "score"})
  void itsModelIsUsedAsAnyOther(String command) {
    String output = command.equals("evaluate") ? "--json" : "--output=-";
    CommandRun.of(List.of(command, run.toString(), output, "--engine=cpu")).succeeded();
  }

  @Test
  void theReportNamesItsController() throws Exception {
    Path page = temp.resolve("report.html");
    CommandRun.of(List.of("report", run.toString(), "--out=" + page, "--engine=cpu")).succeeded();
    assertTrue(Files.readString(page).contains("VAE controlled by thirds"));
  }

  @Test
  void itIsNotTrainedFurther() {
    refuse(List.of("train", "--resume", "--out=" + run, "--epochs=3", "--engine=cpu"));
  }

  @Test
  void itIsNotTrainedAgain() {
    refuse(List.of("verify", run.toString(), "--engine=cpu"));
  }

  @Test
  void otherRunsAreNotTrainedLikeIt() {
    Path other = temp.resolve("other");
    refuse(List.of("train", "--from=" + run, "--out=" + other, "--engine=cpu"));
    assertFalse(Files.exists(other));
  }

  @Test
  void itsOtherSettingsAreTakenWithARuleOfThisProgram() {
    CommandRun.of(
            List.of(
                "train",
                "--from=" + run,
                "--beta=2",
                "--quiet",
                "--out=" + temp.resolve("beta"),
                "--engine=cpu"))
        .succeeded();
  }

  private static void refuse(List<String> args) {
    assertEquals(REFUSAL, CommandRun.of(args).refusal());
  }
}
