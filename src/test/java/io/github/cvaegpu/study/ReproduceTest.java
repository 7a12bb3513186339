// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.BitsVersion;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.NamedPlan;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A study on images that take no time: its runs, its measures, its claims. */
@Execution(ExecutionMode.CONCURRENT)
class ReproduceTest {
  private static final Study STUDY = new Study(List.of(0.001), 2, 2, List.of(5.0), false);
  private static final Study ONE = new Study(List.of(0.001), 1, 1, List.of(), true);

  /** Studies trained and measured once, by their number of epochs: it takes seconds. */
  @TempDir private static Path finished;

  @TempDir private Path folder;

  private final Dataset dataset = TinyImages.dataset(1);
  private final Told told = new Told();

  /** What a listener was told. */
  private static final class Told implements StudyListener {
    private final List<String> events = new ArrayList<>();
    private Position last;

    @Override
    public void begins(NamedPlan run, Position position) {
      events.add("begins " + run.name());
    }

    @Override
    public void isThere(NamedPlan run, Position position) {
      events.add("is there " + run.name());
    }

    @Override
    public void epoch(NamedPlan run, EpochReport report, Position position) {
      last = position;
    }

    @Override
    public void warns(NamedPlan run, String warning) {
      events.add("warns " + run.name() + ": " + warning);
    }

    @Override
    public void failed(NamedPlan run, String why) {
      events.add("failed " + run.name() + ": " + why);
    }

    @Override
    public void measures(StudyRun run) {
      events.add("measures " + run.name());
    }
  }

  private static final Accelerator CPU = new CpuAccelerator(1);

  private static RunQueue queue(
      Study study, Dataset images, BooleanSupplier stop, Path folder, StudyListener listener) {
    return new RunQueue(
        study.runs().stream().map(StudyRun::named).toList(),
        images,
        CPU,
        RunQueue.Settings.oneByOne(
            folder,
            Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
            CheckpointInterval.parse("1epochs")),
        listener,
        stop);
  }

  private static StudyReport report(
      Study study, Dataset images, Path folder, StudyListener listener) {
    RunQueue queue = queue(study, images, () -> false, folder, listener);
    assertFalse(queue.train().isStopped());
    var report = new StudyReport(study, images, queue);
    assertTrue(report.measure(CPU, 1, listener, () -> false));
    report.judge();
    return report;
  }

  private RunQueue runner(Study study, Dataset images, BooleanSupplier stop) {
    return queue(study, images, stop, folder, told);
  }

  private StudyReport report(Study study, Dataset images) {
    return report(study, images, folder, told);
  }

  private static Path finished(Study study) {
    return finished.resolve(study.epochs() + "-epochs");
  }

  @BeforeAll
  static void finishStudies() {
    for (Study study : List.of(STUDY, ONE)) {
      report(study, TinyImages.dataset(1), finished(study), new Told());
    }
  }

  /** Puts a trained and measured study into the folder. */
  private void trained(Study study) throws IOException {
    try (Stream<Path> files = Files.walk(finished(study))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = folder.resolve(finished(study).relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  @Test
  void trainsMeasuresAndJudges() throws IOException {
    trained(STUDY);
    StudyResult result = report(STUDY, dataset).result();
    assertEquals(8, result.claims().size());
    Claim elbo = result.claims().get(2);
    assertEquals(2, elbo.seeds());
    RunRecord beta = RunDirectory.readRecord(folder.resolve("beta-lr0.001-seed0"));
    RunRecord other = RunDirectory.readRecord(folder.resolve("beta-lr0.001-seed1"));
    // The ELBO of the last steps, here all of them, is that of the record, mean over the seeds.
    assertEquals(
        (beta.metrics().lastSteps().elbo() + other.metrics().lastSteps().elbo()) / 2,
        elbo.measures().get(3).other(),
        1e-3);
    // In the study's accounting KL is counted 1 + beta times; beta is 1.
    assertEquals(
        elbo.measures().get(3).other()
            - (beta.metrics().lastSteps().kl() + other.metrics().lastSteps().kl()) / 2,
        elbo.measures().get(4).other(),
        1e-3);
    // The rival of set point 5 is in the last claim, beside the beta-VAE.
    assertEquals(
        List.of(
            "ELBO against beta-VAE",
            "RL against beta-VAE",
            "log p(x) against beta-VAE",
            "ELBO against set point 5",
            "RL against set point 5",
            "log p(x) against set point 5"),
        result.claims().get(7).measures().stream().map(Claim.Measure::name).toList());
    assertEquals(
        "The study is about MNIST; these figures are of tiny and say nothing about its claims.",
        result.warnings().getFirst());
    assertEquals(List.of(), result.published());
  }

  @Test
  void whatIsFinishedIsNeitherTrainedNorMeasuredAgain() throws IOException {
    trained(ONE);
    StudyResult first = report(ONE, dataset).result();
    assertEquals(3, told.events.size());
    assertTrue(told.events.stream().allMatch(event -> event.startsWith("is there")));
    // A damaged evaluation is made anew.
    Files.writeString(folder.resolve("beta-lr0.001-seed0/evaluation.json"), "{\"format\": 1}");
    Files.writeString(folder.resolve("control-lr0.001-seed0/evaluation.json"), "half a fi");
    told.events.clear();
    assertEquals(first, report(ONE, dataset).result());
    assertEquals(2, told.events.stream().filter(event -> event.startsWith("measures")).count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "test.elbo",
        "test.rl",
        "latent.dimensions",
        "exact.log_likelihood",
        "latent.mutual_information",
        "aggregate",
        "aggregate.plug_in"
      })
  void anEvaluationThatLacksSomethingIsNone(String path) throws IOException {
    Path file = finished(ONE).resolve("beta-lr0.001-seed0/evaluation.json");
    JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    String sha256 = json.get("parameters_sha256").getAsString();
    assertTrue(Json.PRETTY.fromJson(json, RunEvaluation.class).isOf(sha256));
    String[] names = path.split("\\.", -1);
    JsonObject parent = names.length == 1 ? json : json.getAsJsonObject(names[0]);
    assertTrue(parent.has(names[names.length - 1]), path);
    parent.add(names[names.length - 1], JsonNull.INSTANCE);
    assertFalse(Json.PRETTY.fromJson(json, RunEvaluation.class).isOf(sha256));
  }

  @Test
  void anEvaluationOfAnOlderFormatIsMadeAnew() throws IOException {
    trained(ONE);
    StudyResult first = report(ONE, dataset).result();
    Path file = folder.resolve("beta-lr0.001-seed0/evaluation.json");
    String json = Files.readString(file);
    assertTrue(json.contains("\"format\": 4,"), json);
    Files.writeString(file, json.replace("\"format\": 4,", "\"format\": 3,"));
    told.events.clear();
    assertEquals(first, report(ONE, dataset).result());
    assertEquals(1, told.events.stream().filter(event -> event.startsWith("measures")).count());
    assertEquals(json, Files.readString(file));
  }

  @Test
  void whatWasInterruptedGoesOnToTheSameBits() throws IOException {
    int[] asked = new int[1];
    assertTrue(runner(STUDY, dataset, () -> ++asked[0] > 13).train().isStopped());
    assertFalse(runner(STUDY, dataset, () -> false).train().isStopped());
    List<List<String>> resumed =
        STUDY.runs().stream()
            .map(run -> RunDirectory.readRecord(folder.resolve(run.name())).parametersSha256())
            .toList();
    folder = Files.createDirectories(folder.resolve("again"));
    assertFalse(runner(STUDY, dataset, () -> false).train().isStopped());
    assertEquals(
        resumed,
        STUDY.runs().stream()
            .map(run -> RunDirectory.readRecord(folder.resolve(run.name())).parametersSha256())
            .toList());
  }

  private Path record(String run) {
    return folder.resolve(run).resolve("run.json");
  }

  private void edit(String run, String regex, String replacement) throws IOException {
    String before = Files.readString(record(run));
    String after = before.replaceFirst(regex, replacement);
    assertNotEquals(before, after);
    Files.writeString(record(run), after);
  }

  private List<String> warned() {
    return told.events.stream().filter(event -> event.startsWith("warns")).toList();
  }

  @Test
  void whatGoesOnOnAnotherMachineIsWarnedOf() throws IOException {
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    edit("beta-lr0.001-seed0", "\"library\": \".*\"", "\"library\": \"Abacus\"");
    assertFalse(runner(STUDY, dataset, () -> false).train().isStopped());
    assertEquals(1, warned().size(), told.events.toString());
    assertTrue(
        warned()
            .getFirst()
            .matches(
                "warns beta-lr0.001-seed0: The run's last process computed with cpu on .* with"
                    + " Abacus in float32 .*"),
        warned().getFirst());
  }

  @Test
  void whatBeginsAgainIsWarnedOf() throws IOException {
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    // As a kill before the first checkpoint leaves it.
    edit("beta-lr0.001-seed0", "\"interrupted\"", "\"running\"");
    Files.delete(RunDirectory.checkpointFile(folder.resolve("beta-lr0.001-seed0")));
    assertFalse(runner(STUDY, dataset, () -> false).train().isStopped());
    assertEquals(
        List.of(
            "warns beta-lr0.001-seed0: the run had no checkpoint yet; it begins again at step 0."),
        warned());
  }

  @Test
  void aRecordThatIsMadeAnewIsWarnedOf() throws IOException {
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    Files.delete(record("beta-lr0.001-seed0"));
    assertFalse(runner(STUDY, dataset, () -> false).train().isStopped());
    assertEquals(1, warned().size(), told.events.toString());
    assertTrue(warned().getFirst().contains("has no run.json; the settings"), warned().toString());
  }

  @Test
  void runsOfDifferentBitsAreWarnedOf() throws IOException {
    trained(STUDY);
    List<String> warnings = report(STUDY, dataset).result().warnings();
    assertEquals(1, warnings.size(), warnings.toString());
    edit("control-lr0.001-seed1", "\"bits\": \\d+", "\"bits\": 1");
    String others =
        "These runs were trained by versions of this program that give different bits (%s): the"
            + " figures are not those that one version alone gives.";
    assertEquals(
        others.formatted("number 1 and number " + BitsVersion.CURRENT),
        report(STUDY, dataset).result().warnings().getLast());
    edit("control-lr0.001-seed1", "\"bits\": \\d+,", "");
    assertEquals(
        others.formatted("a number that was not recorded and number " + BitsVersion.CURRENT),
        report(STUDY, dataset).result().warnings().getLast());
  }

  /** A run that went on under other bits has both; one that began again has the last alone. */
  @Test
  void bitsAreThoseOfTheStepsInTheRun() throws IOException {
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    edit("beta-lr0.001-seed0", "\"bits\": \\d+", "\"bits\": 1");
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    assertEquals(
        List.of(1, BitsVersion.CURRENT),
        RunDirectory.readRecord(folder.resolve("beta-lr0.001-seed0")).bits());
    edit("beta-lr0.001-seed0", "\"first_step\": 1", "\"first_step\": 0");
    assertEquals(
        List.of(BitsVersion.CURRENT),
        RunDirectory.readRecord(folder.resolve("beta-lr0.001-seed0")).bits());
  }

  @Test
  void runsOfOtherSettingsOrImagesAreRefusedBeforeAnyIsTrained() throws IOException {
    trained(STUDY);
    told.events.clear();
    var longer = new Study(List.of(0.001), 3, 2, List.of(5.0), false);
    var e = assertThrows(InputException.class, () -> runner(longer, dataset, () -> false).train());
    assertTrue(e.getMessage().contains("holds a run of other settings (2 epochs"), e.getMessage());
    e =
        assertThrows(
            InputException.class, () -> runner(STUDY, TinyImages.dataset(9), () -> false).train());
    assertTrue(e.getMessage().contains("was trained on other images"), e.getMessage());
    assertEquals(List.of(), told.events);
  }

  /** Trained and measured at a time, or one after another. */
  @Test
  void howManyAreAtWorkAtATimeChangesNoFigure() throws IOException {
    trained(ONE);
    StudyReport one = report(ONE, dataset);
    Path beside = folder.resolve("beside");
    var queue =
        new RunQueue(
            ONE.runs().stream().map(StudyRun::named).toList(),
            dataset,
            CPU,
            RunQueue.Settings.oneByOne(
                    beside,
                    Provenance.of(new DataChoice.Named("tiny"), Optional.empty()),
                    CheckpointInterval.parse("1epochs"))
                .atOnce(2),
            told,
            () -> false);
    assertFalse(queue.train().isStopped());
    var report = new StudyReport(ONE, dataset, queue);
    assertTrue(report.measure(CPU, 2, told, () -> false));
    report.judge();
    assertEquals(one.json(), report.json());
    assertFalse(report.measure(CPU, 2, told, () -> true));
  }

  @Test
  void aRunThatDivergesLeavesTheOthers() {
    // A step this large overflows; the small one does not.
    var study = new Study(List.of(1e30, 0.001), 1, 1, List.of(), false);
    var runner = runner(study, dataset, () -> false);
    RunQueue.Outcome outcome = runner.train();
    assertEquals(
        List.of(
            "beta-lr1000000000000000000000000000000-seed0",
            "control-lr1000000000000000000000000000000-seed0"),
        outcome.diverged());
    var report = new StudyReport(study, dataset, runner);
    assertTrue(report.measure(CPU, 1, told, () -> false));
    report.judge();
    StudyResult result = report.result();
    assertEquals(Verdict.CANNOT_BE_TOLD, result.claims().get(2).verdict());
    assertEquals(0, result.claims().get(2).seeds());
    assertEquals(1, result.claims().get(10).seeds());
    assertEquals(3, result.warnings().size());
    assertTrue(result.warnings().get(1).endsWith("was not trained to its end and is left out."));
  }

  @Test
  void withoutLabelsWhatNeedsThemCannotBeTold() {
    ImageSet train = dataset.train();
    ImageSet test = dataset.test();
    var bare =
        new Dataset(
            "bare",
            ImageSet.withoutLabels(9, 9, train.pixels(), train.size()),
            ImageSet.withoutLabels(9, 9, test.pixels(), test.size()),
            "memory",
            Dataset.Status.UNVERIFIED,
            dataset.sha256());
    var pair = new Study(List.of(0.001), 1, 1, List.of(), false);
    StudyResult result = report(pair, bare).result();
    assertEquals(2, told.events.stream().filter(event -> event.startsWith("begins")).count());
    assertEquals(2, told.events.stream().filter(event -> event.startsWith("measures")).count());
    assertEquals(2, told.last.epochsDone());
    assertEquals(2, told.last.epochs());
    assertEquals(Verdict.CANNOT_BE_TOLD, result.claims().get(4).verdict());
    assertEquals("The images have no labels.", result.claims().get(4).note());
    assertEquals(Verdict.CANNOT_BE_TOLD, result.claims().get(5).verdict());
  }

  @Test
  void claimsAreWrittenForPeopleAndPrograms() throws IOException {
    trained(STUDY);
    StudyReport report = report(STUDY, dataset);
    report.writeClaims(folder);
    String text = Files.readString(folder.resolve("claims.md"));
    assertTrue(text.startsWith("# What the study claims, and what was measured\n"), text);
    assertTrue(text.contains("\n\n| the study says | learning rate 0.001 |\n|---|---|\n"), text);
    assertEquals(8, text.lines().filter(line -> line.startsWith("### ")).count());
    assertTrue(text.contains(" above the floor) |"), text);
    // Every row of a table has the cells of its header.
    long columns = 0;
    for (String line : text.lines().toList()) {
      // One within a name, as in KL(q || p), is no edge.
      long cells = line.replace("\\|", "").chars().filter(c -> c == '|').count();
      assertTrue(!line.startsWith("|") || columns == 0 || cells == columns, line);
      columns = line.startsWith("|") ? cells : 0;
    }
    String json = Files.readString(folder.resolve("claims.json"));
    assertTrue(json.contains("\"half_width\": "), json);
    assertEquals(1 + 8 + 1, report.lines().size());
  }

  @Test
  void anUnfinishedRunOfOtherImagesIsRefusedBeforeAnyIsTrained() {
    assertTrue(runner(STUDY, dataset, () -> true).train().isStopped());
    told.events.clear();
    var e =
        assertThrows(
            InputException.class, () -> runner(STUDY, TinyImages.dataset(9), () -> false).train());
    assertTrue(e.getMessage().contains("was trained on other images"), e.getMessage());
    assertEquals(List.of(), told.events);
  }

  /** The first run alone is to be trained again: at its end nothing is left. */
  @Test
  void finishedRunsTakeNoTimeWhereverTheyStand() throws IOException {
    trained(STUDY);
    delete("beta-lr0.001-seed0");
    report(STUDY, dataset);
    assertEquals(2, told.last.epochsDone());
    assertEquals(0, told.last.secondsLeft());
  }

  @Test
  void aRivalIsComparedOnTheSeedsThatItHas() throws IOException {
    trained(STUDY);
    RunQueue runner = runner(STUDY, dataset, () -> false);
    runner.train();
    delete("control-kl5-lr0.001-seed0");
    Claim optimal = judged(runner).get(7);
    Claim.Measure loss = optimal.measures().get(4);
    assertEquals("RL against set point 5 (1 of 2 seeds)", loss.name());
    assertEquals(1, loss.difference().pairs());
    // The partner is the ControlVAE of the same seed, 1, and not the first that there is.
    StudyRun partner = STUDY.runs(0.001, StudyRun.Role.CONTROL).get(1);
    assertEquals(evaluation(partner), loss.control());
    delete("control-kl5-lr0.001-seed1");
    optimal = judged(runner).get(7);
    assertEquals(3, optimal.measures().size());
    assertTrue(optimal.verdict() != Verdict.HOLDS);
  }

  private List<Claim> judged(RunQueue runner) {
    var report = new StudyReport(STUDY, dataset, runner);
    assertTrue(report.measure(CPU, 1, told, () -> false));
    report.judge();
    return report.result().claims();
  }

  /** Test reconstruction loss in a run's own file. */
  private double evaluation(StudyRun run) throws IOException {
    return Json.PRETTY
        .fromJson(
            Files.readString(folder.resolve(run.name()).resolve("evaluation.json")),
            RunEvaluation.class)
        .test()
        .reconstructionLoss()
        .mean();
  }

  @Test
  void whereNoModelGetsBelowAThresholdTheClaimSaysSo() throws IOException {
    trained(STUDY);
    Claim faster = report(STUDY, dataset).result().claims().getFirst();
    assertEquals(Verdict.CANNOT_BE_TOLD, faster.verdict());
    assertEquals(
        "Not every run gets its training RL below 150 nats, the largest loss that is looked at.",
        faster.note());
  }

  /** Six steps have no mean of 100. */
  @Test
  void aStudyOfFewStepsHasItsPicturesButNoCurves() throws IOException {
    trained(ONE);
    assumeTrue(Fonts.problem().isEmpty(), "this machine has no fonts");
    Path figures = folder.resolve("figures");
    new StudyFigures(report(ONE, dataset), CPU, figures).write();
    assertTrue(Files.exists(figures.resolve("ten-digits-lr0.001.png")));
    assertTrue(Files.exists(figures.resolve("samples-hold-lr0.001.png")));
    assertFalse(Files.exists(figures.resolve("rl-lr0.001.png")));
  }

  private void delete(String run) throws IOException {
    try (var files = Files.list(folder.resolve(run))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder.resolve(run));
  }
}
