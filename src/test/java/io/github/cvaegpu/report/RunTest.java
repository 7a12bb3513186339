// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.control.PiRule;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Plans;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObserver;
import io.github.cvaegpu.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunTest {
  private static final int STEPS = 10; // Two epochs of 300 images in batches of 64.

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void train() {
    folder = temp.resolve("a run");
    Dataset dataset = TinyImages.dataset(1);
    var plan = Plans.of(PiRule.defaults(), 2, 64, 1e-3, 2, List.of(20), 5);
    try (var directory = RunDirectory.create(folder);
        var engine = plan.trainee(new CpuAccelerator(1), dataset.train())) {
      new Trainer(
              plan,
              dataset,
              engine,
              directory,
              Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
              CheckpointInterval.parse("1epochs"),
              RunObserver.NONE,
              () -> false)
          .run();
    }
  }

  @Test
  void hasEverythingOfAFinishedRun() {
    Run run = Run.read(folder);
    assertEquals(List.of(), run.warnings());
    assertEquals("a run", run.name());
    Series series = run.series().orElseThrow();
    assertEquals(STEPS, series.size());
    assertEquals(run.record().metrics().lastSteps().rl(), Series.lastMean(series.rl()), 1e-4);
    assertEquals(run.record().metrics().lastSteps().elbo(), Series.lastMean(series.elbo()), 1e-4);
    assertEquals(STEPS, run.checkpoint().orElseThrow().state().step());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Files.delete(RunDirectory.metricsFile(folder));
    Files.delete(RunDirectory.checkpointFile(folder));
    Run run = Run.read(folder);
    assertTrue(run.series().isEmpty());
    assertTrue(run.checkpoint().isEmpty());
    assertEquals(
        List.of(
            folder + " has no metrics.csv, so there are no curves of it.",
            folder + " has no checkpoint, so there are no pictures of it."),
        run.warnings());
  }

  /**
   * Killed before its first checkpoint: the record says running, the log may lack even its head.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"", "step,ep", "step,epoch,rl,kl,beta\n", "step,epoch,rl,kl,beta\n1,1,540.1"})
  void hasNothingBeforeItsFirstCheckpoint(String log) throws IOException {
    Files.delete(RunDirectory.checkpointFile(folder));
    Files.writeString(RunDirectory.metricsFile(folder), log);
    Path record = folder.resolve("run.json");
    Files.writeString(
        record,
        Files.readString(record)
            .replace("\"exit_reason\": \"completed\"", "\"exit_reason\": \"running\""));
    Run run = Run.read(folder);
    assertTrue(run.series().isEmpty());
    assertEquals(
        folder
            + " has no checkpoint yet; if it was stopped before its first one, this begins again:"
            + " cvae-gpu train --resume --out "
            + Program.quoted(folder.toString()),
        run.warnings().getLast());
    String page =
        new HtmlReport(List.of(new HtmlReport.Subject(run, Optional.empty())), List.of()).page();
    assertTrue(page.contains("running, or killed, "), "how it stands");
    assertTrue(page.contains("No run has the 100 steps"), "curves");
  }

  @Test
  void filesOfTwoRunsAreRefused() throws IOException {
    Path record = folder.resolve("run.json");
    String json = Files.readString(record);
    Files.writeString(record, json.replaceFirst("\"seed\": \\d+", "\"seed\": 77"));
    String message = assertThrows(InputException.class, () -> Run.read(folder)).getMessage();
    assertTrue(
        message.startsWith(folder + " holds files of two runs. The checkpoint's settings"),
        message);
    String sha256 = RunDirectory.readRecord(folder).parametersSha256().getFirst();
    String other = new StringBuilder(sha256).reverse().toString();
    Files.writeString(record, json.replace(sha256, other));
    assertEquals(
        folder
            + " holds files of two runs. The checkpoint's parameters are not those that run.json"
            + " records.",
        assertThrows(InputException.class, () -> Run.read(folder)).getMessage());
  }

  @Test
  void leavesOutAHalfWrittenLine() throws IOException {
    Path metrics = RunDirectory.metricsFile(folder);
    Files.writeString(metrics, "11,3,200.5,1", StandardOpenOption.APPEND);
    Run run = Run.read(folder);
    assertEquals(STEPS, run.series().orElseThrow().size());
    assertEquals(
        List.of("The last line of " + metrics + " is half written and was left out."),
        run.warnings());
  }

  @Test
  void namesALineThatIsNoRowOfItsStep() throws IOException {
    Path metrics = RunDirectory.metricsFile(folder);
    Files.writeString(metrics, "12,3,200.5,1.0,0.01\n", StandardOpenOption.APPEND);
    var e = assertThrows(InputException.class, () -> Run.read(folder));
    assertEquals("Line 12 of " + metrics + " is no row.", e.getMessage());
  }

  @Test
  void refusesAFolderThatIsNoRun() {
    assertThrows(InputException.class, () -> Run.read(temp));
  }
}
