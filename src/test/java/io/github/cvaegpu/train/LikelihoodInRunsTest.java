// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.control.HoldRule;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.engine.Accelerator;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.eval.Evaluator;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.ParameterLayout;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.model.Targets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs under the likelihoods that have a density, and what their files keep of it. */
class LikelihoodInRunsTest {
  private static final Objective CONTINUOUS =
      new Objective(Likelihood.CONTINUOUS_BERNOULLI, Targets.GREY);
  private static final Objective GAUSSIAN = Objective.gaussian(Sigma.of(0.2));
  private static final Objective LEARNED = Objective.gaussian(Sigma.LEARNED);
  private static final List<Objective> OBJECTIVES = List.of(CONTINUOUS, GAUSSIAN, LEARNED);
  private static final String LOG_SIGMA = ParameterLayout.LOG_SIGMA;

  @TempDir Path folder;

  private TinyRun run(String name, Objective objective) {
    var run = new TinyRun(folder.resolve(name));
    run.plan = run.plan.withObjective(objective);
    return run;
  }

  private TinyRun finished(Objective objective) {
    TinyRun run = run("run", objective);
    run.toTheEnd();
    return run;
  }

  // ---- going on --------------------------------------------------------------------------------

  /** After the first step, in the middle of an epoch, between two, and before the last step. */
  @ParameterizedTest
  @FieldSource("OBJECTIVES")
  void aStopDoesNotMatter(Objective objective) throws IOException {
    TinyRun uninterrupted = finished(objective);
    TinyRun stopped = run("stopped", objective);
    for (long step : new long[] {1, 4, 5, 8, 14}) {
      stopped.until(step);
    }
    stopped.threads = 2;
    stopped.toTheEnd();
    assertEquals(uninterrupted.result(), stopped.result());
  }

  @Test
  void eachTrainsOtherParameters() throws IOException {
    List<Objective> all = new ArrayList<>(OBJECTIVES);
    all.addAll(List.of(Objective.study(), Objective.gaussian(Sigma.of(0.5))));
    List<String> sha256 = new ArrayList<>();
    for (Objective objective : all) {
      TinyRun run = run("run " + sha256.size(), objective);
      run.toTheEnd();
      sha256.add(run.result().parametersSha256().getLast());
    }
    assertEquals(all.size(), sha256.stream().distinct().count(), sha256.toString());
  }

  @ParameterizedTest
  @FieldSource("OBJECTIVES")
  void aRunIsVerifiedToTheBit(Objective objective) {
    TinyRun run = finished(objective);
    try (Accelerator accelerator = new CpuAccelerator(2)) {
      Verification verification =
          Verification.of(
                  folder.resolve("run"),
                  run.record(),
                  3,
                  run.dataset,
                  accelerator,
                  RunObserver.NONE,
                  () -> false)
              .orElseThrow();
      assertTrue(verification.isSame());
      assertTrue(verification.hasLosses());
    }
  }

  /** Another likelihood, another sigma, and one that is learned where it was given. */
  static Stream<Map.Entry<Objective, String>> others() {
    return Stream.of(
        Map.entry(CONTINUOUS, "against {\"likelihood\":\"continuous_bernoulli\","),
        Map.entry(Objective.gaussian(Sigma.of(0.3)), "value 0.2 against 0.3"),
        Map.entry(LEARNED, "is_learned false against true"));
  }

  @ParameterizedTest
  @MethodSource("others")
  void anotherObjectiveIsAnotherRun(Map.Entry<Objective, String> other) {
    TinyRun run = run("run", GAUSSIAN);
    run.until(2);
    run.plan = run.plan.withObjective(other.getKey());
    String message = assertThrows(InputException.class, run::toTheEnd).getMessage();
    assertTrue(message.contains(other.getValue()), message);
  }

  // ---- what files keep -------------------------------------------------------------------------

  @ParameterizedTest
  @FieldSource("OBJECTIVES")
  void theCheckpointAndTheExportedModelHaveTheObjective(Objective objective) throws IOException {
    TinyRun run = finished(objective);
    Checkpoint checkpoint = Checkpoint.read(run.checkpointFile());
    assertEquals(objective, run.record().plan().objective());
    assertEquals(objective, checkpoint.plan().objective());
    SavedModel exported = exported();
    assertEquals(objective, exported.plan().objective());
    Objective came = checkpoint.objective();
    assertEquals(came, exported.objective());
    assertEquals(came, SavedModel.open(folder.resolve("run")).objective());
    if (objective.learnsSigma()) {
      float[] parameters = checkpoint.state().parameters();
      double sigma = Math.exp(parameters[checkpoint.layout().logSigma()]);
      assertEquals(sigma, came.deviation(), 1e-12);
      // Images of nearly black pixels have a smaller one than it began with.
      assertTrue(sigma < 0.95, "sigma " + sigma);
      assertTrue(came.sigma().isLearned());
    } else {
      assertEquals(objective, came);
    }
    assertArrayEquals(checkpoint.state().parameters(), exported.parameters());
  }

  private SavedModel exported() throws IOException {
    Path file = folder.resolve(SavedModel.FILE);
    try (var out = Files.newOutputStream(file)) {
      SavedModel.open(folder.resolve("run")).write(out);
    }
    return SavedModel.open(file);
  }

  /** By the engine and for pictures, of the checkpoint and of what is exported of it. */
  @ParameterizedTest
  @FieldSource("OBJECTIVES")
  void itsModelsDecodeAndScoreTheSame(Objective objective) throws IOException {
    TinyRun run = finished(objective);
    Evaluation recorded = run.record().metrics().test();
    float[] z = {0.5f, -1};
    for (SavedModel model : List.of(SavedModel.open(folder.resolve("run")), exported())) {
      float[] mean = new float[model.shape().inputs()];
      try (var cpu = new CpuAccelerator(1);
          VaeModel engine = model.model(cpu)) {
        engine.decode(z, 1, mean);
        ImageSet test = run.plan.given(run.dataset.test());
        assertEquals(recorded, new Evaluator(engine, run.plan.seed()).evaluate(test, 1));
      }
      assertArrayEquals(mean, model.decoder().decode(z), 1e-5f);
    }
  }

  @Test
  void logSigmaIsAParameterWithItsMoments() throws IOException {
    TinyRun run = finished(LEARNED);
    Checkpoint checkpoint = Checkpoint.read(run.checkpointFile());
    Map<String, SafeTensors.Tensor> tensors = TensorFile.read(run.checkpointFile()).tensors();
    int at = checkpoint.layout().logSigma();
    Map<String, float[]> arrays =
        Map.of(
            "",
            checkpoint.state().parameters(),
            CheckpointFile.FIRST_MOMENT,
            checkpoint.state().firstMoment(),
            CheckpointFile.SECOND_MOMENT,
            checkpoint.state().secondMoment());
    arrays.forEach(
        (prefix, array) -> {
          SafeTensors.Tensor tensor = tensors.get(prefix + LOG_SIGMA);
          assertEquals(List.of(1), tensor.shape());
          assertEquals(array[at], tensor.data()[0]);
          assertNotEquals(0, array[at], prefix);
        });
  }

  // ---- files that lack it ----------------------------------------------------------------------

  @Test
  void aFileWithoutLogSigmaIsRefused() throws IOException {
    Path checkpoint = finished(LEARNED).checkpointFile();
    exported();
    Path model = folder.resolve(SavedModel.FILE);
    rewriteTensor(checkpoint, CheckpointFile.FIRST_MOMENT + LOG_SIGMA, null);
    assertEquals(
        checkpoint + " has 38 tensors, and a checkpoint of its network has 39.",
        refusal(checkpoint));
    rewriteTensor(model, LOG_SIGMA, null);
    assertEquals(model + " has 12 tensors, and a model of its network has 13.", refusal(model));
    rewriteTensor(model, "another", new SafeTensors.Tensor(List.of(1), new float[1]));
    assertEquals("%s has no tensor %s.".formatted(model, LOG_SIGMA), refusal(model));
  }

  @Test
  void aLogSigmaThatNobodyLearnsIsRefused() throws IOException {
    finished(GAUSSIAN);
    exported();
    Path model = folder.resolve(SavedModel.FILE);
    rewriteTensor(model, LOG_SIGMA, new SafeTensors.Tensor(List.of(1), new float[1]));
    assertEquals(model + " has 13 tensors, and a model of its network has 12.", refusal(model));
  }

  @Test
  void aLogSigmaThatIsNoOneNumberIsRefused() throws IOException {
    finished(LEARNED);
    exported();
    Path model = folder.resolve(SavedModel.FILE);
    rewriteTensor(model, LOG_SIGMA, new SafeTensors.Tensor(List.of(2), new float[2]));
    assertEquals(
        "Tensor %s of %s has the shape [2], not [1].".formatted(LOG_SIGMA, model), refusal(model));
    rewriteTensor(model, LOG_SIGMA, new SafeTensors.Tensor(List.of(1), new float[] {Float.NaN}));
    assertEquals(
        "%s cannot be used: tensor %s holds NaN at index 0.".formatted(model, LOG_SIGMA),
        refusal(model));
  }

  private static String refusal(Path file) {
    return assertThrows(InputException.class, () -> SavedModel.open(file)).getMessage();
  }

  private static void rewriteTensor(Path file, String name, SafeTensors.Tensor tensor)
      throws IOException {
    SafeTensors read = TensorFile.read(file);
    SequencedMap<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>(read.tensors());
    tensors.remove(name);
    if (tensor != null) {
      tensors.put(name, tensor);
    }
    new SafeTensors(read.metadata(), tensors).writeAtomically(file);
  }

  // ---- plans that make no sense ----------------------------------------------------------------

  /** A Gaussian without a sigma, one that is none, and a sigma where there is none. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\"",
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\",\"sigma\":null",
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\",\"sigma\":{}",
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\","
            + "\"sigma\":{\"value\":0,\"is_learned\":false}",
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\","
            + "\"sigma\":{\"value\":null,\"is_learned\":true}",
        "\"likelihood\":\"gaussian\",\"targets\":\"grey\","
            + "\"sigma\":{\"value\":0.5,\"is_learned\":true}",
        "\"likelihood\":\"gaussian\",\"targets\":\"binarized\","
            + "\"sigma\":{\"value\":1,\"is_learned\":false}",
        "\"likelihood\":\"bernoulli\",\"targets\":\"grey\","
            + "\"sigma\":{\"value\":0.2,\"is_learned\":false}",
        "\"likelihood\":\"continuous_bernoulli\",\"targets\":\"binarized\"",
        "\"likelihood\":\"poisson\",\"targets\":\"grey\"",
      })
  void anObjectiveThatThereIsNotIsDamage(String objective) throws IOException {
    TinyRun run = run("run", GAUSSIAN);
    run.until(2);
    String json = Files.readString(run.recordFile());
    String own = "(?s)\"objective\": \\{.*?\"sigma\": \\{.*?\\}\\s*\\}";
    String damaged = json.replaceFirst(own, "\"objective\": {" + objective + "}");
    assertNotEquals(json, damaged);
    Files.writeString(run.recordFile(), damaged);
    String message = assertThrows(InputException.class, run::record).getMessage();
    assertTrue(message.endsWith(".") && message.contains("run.json"), message);

    exported();
    Path model = folder.resolve(SavedModel.FILE);
    SafeTensors read = TensorFile.read(model);
    String metadata = read.metadata().get(ModelFile.METADATA);
    String edited =
        metadata.replaceFirst(
            "\"objective\":\\{.*?\"sigma\":\\{.*?\\}\\}", "\"objective\":{" + objective + "}");
    assertNotEquals(metadata, edited);
    Map<String, String> all = new TreeMap<>(read.metadata());
    all.put(ModelFile.METADATA, edited);
    all.put(ModelFile.METADATA + FileMetadata.SHA256, FileMetadata.sha256(edited));
    new SafeTensors(all, read.tensors()).writeAtomically(model);
    String refusal = refusal(model);
    assertTrue(refusal.startsWith("The metadata of " + model + " are damaged"), refusal);
  }

  /** It begins at 1, whatever a file says. */
  @Test
  void aLearnedSigmaThatBeginsElsewhereIsRefused() {
    TrainingPlan plan = TinyRun.plan(3, 1e-2);
    Objective other = Objective.gaussian(new Sigma(0.5, true));
    assertEquals(
        "A sigma that is learned is 1 before the first step.",
        assertThrows(InputException.class, () -> plan.withObjective(other)).getMessage());
  }

  /** Within the bounds of one that is given; beyond them it is a sentence. */
  @Test
  void whatWasLearnedIsReadOfTheParameters() {
    ParameterLayout layout = run("run", LEARNED).plan.layout(81);
    float[] parameters = new float[layout.size()];
    for (float logSigma : new float[] {-13.8f, -1.5f, 0, 13.8f}) {
      parameters[layout.logSigma()] = logSigma;
      double sigma = Math.exp(logSigma);
      Objective learned = LEARNED.learned(layout, parameters);
      assertEquals(sigma, learned.deviation(), 1e-15 * sigma);
      assertTrue(learned.learnsSigma());
      // One that is given stays, whatever is there.
      assertEquals(GAUSSIAN, GAUSSIAN.learned(layout, parameters));
    }
    for (float logSigma : new float[] {-14, 14, 100, Float.NaN}) {
      parameters[layout.logSigma()] = logSigma;
      String message =
          assertThrows(InputException.class, () -> LEARNED.learned(layout, parameters))
              .getMessage();
      assertTrue(message.startsWith("Sigma must be from 0.000001 to 1000000, not "), message);
    }
  }

  /** Of a run whose sigma is learned, once it is known. */
  @Test
  void theRecordSaysWhatWasLearned() {
    TinyRun run = run("run", LEARNED);
    run.until(2);
    assertEquals("gaussian, sigma learned", run.record().likelihood());
    run.toTheEnd();
    Objective came = Checkpoint.read(run.checkpointFile()).objective();
    assertEquals(came.deviation(), run.record().metrics().sigma());
    assertEquals(came.title(), run.record().likelihood());
    TinyRun given = run("given", GAUSSIAN);
    given.toTheEnd();
    assertNull(given.record().metrics().sigma());
    assertEquals("gaussian, sigma 0.2", given.record().likelihood());
  }

  /** One that is none, and one of a run that learns none. */
  @Test
  void aLearnedSigmaThatNoRunHasIsDamage() throws IOException {
    TinyRun learned = finished(LEARNED);
    String json = Files.readString(learned.recordFile());
    String sigma = "\"sigma\": " + learned.record().metrics().sigma();
    assertTrue(json.contains(sigma), json);
    Files.writeString(learned.recordFile(), json.replace(sigma, "\"sigma\": 0"));
    assertSigmaMakesNoSense(learned);
    String objective = "(?s)(\"sigma\": \\{[^}]*\"is_learned\": )true";
    Files.writeString(learned.recordFile(), json.replaceFirst(objective, "$1false"));
    assertSigmaMakesNoSense(learned);
    Files.writeString(learned.recordFile(), json);
    assertTrue(learned.record().likelihood().startsWith("gaussian, sigma 0."));
  }

  private static void assertSigmaMakesNoSense(TinyRun run) {
    assertEquals(
        run.recordFile() + " is damaged: its metrics.sigma makes no sense.",
        assertThrows(InputException.class, run::record).getMessage());
  }

  // ---- the controller --------------------------------------------------------------------------

  /**
   * All that goes by the limits of beta counts the first loss from the same number: what is said
   * while the run goes on, and what is recorded of it. Hardly a weight moves, so KL stays far above
   * the set point.
   */
  @ParameterizedTest
  @FieldSource("OBJECTIVES")
  void theLimitsOfBetaGoByTheLossAboveItsOrigin(Objective objective) throws IOException {
    TinyRun run = run("run", objective);
    run.plan =
        new TrainingPlan(
            new HoldRule(1e-6),
            objective,
            run.plan.network(),
            new Schedule(130, 64, 1e-7),
            run.plan.seed());
    List<String> said = new ArrayList<>();
    run.listener =
        new RunObserver() {
          @Override
          public void warns(String sentence) {
            said.add(sentence);
          }
        };
    run.toTheEnd();
    List<StepReport> rows = new ArrayList<>();
    MetricsLog.readWholeRows(run.metricsFile(), rows::add);
    double first = rows.getFirst().rl() - run.plan.lossOrigin(81);
    assertTrue(first > 0, "first loss " + first);
    double scale = first / (784 * Math.log(2));
    var memory = Checkpoint.read(run.checkpointFile()).position().controller();
    assertEquals(scale, memory.get("scale"), 1e-12 * scale);
    float limit = (float) (1e4 * scale);
    long atLimit = rows.stream().filter(row -> row.beta() >= limit).count();
    assertTrue(atLimit > 400, atLimit + " steps");
    assertEquals(atLimit, run.record().metrics().controller().atMax().steps());
    assertEquals(1, said.size(), said.toString());
    assertTrue(said.getFirst().contains("with beta at its upper limit"), said.getFirst());
  }
}
