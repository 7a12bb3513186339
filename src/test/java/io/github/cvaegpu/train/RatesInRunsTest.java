// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.engine.RateSchedule;
import io.github.cvaegpu.engine.cpu.CpuAccelerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose learning rate goes from step to step. */
class RatesInRunsTest {
  private static final int STEPS = 3 * TinyRun.STEPS_PER_EPOCH;

  @TempDir Path folder;
  private TinyRun run;

  @BeforeEach
  void newRun() {
    run = new TinyRun(folder.resolve("run"));
  }

  private static TrainingPlan plan(RateSchedule rates) {
    return TinyRun.plan(3, 1e-2).withRates(rates);
  }

  static Stream<RateSchedule> schedules() {
    return Stream.of(
        new RateSchedule.Constant(7),
        new RateSchedule.Cosine(4, 1e-4, 3),
        new RateSchedule.Step(2, 1, 0.5));
  }

  private TinyRun.Result uninterrupted(TrainingPlan plan) throws IOException {
    var other = new TinyRun(folder.resolve("uninterrupted"));
    other.plan = plan;
    other.toTheEnd();
    return other.result();
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void aStopAfterEveryStepDoesNotMatter(RateSchedule rates) throws IOException {
    TinyRun.Result expected = uninterrupted(plan(rates));
    run.plan = plan(rates);
    for (int step = 1; step < STEPS; step++) {
      run.until(step);
    }
    run.threads = 2;
    run.toTheEnd();
    assertEquals(expected, run.result());
    var constant = new TinyRun(folder.resolve("constant"));
    constant.toTheEnd();
    assertNotEquals(constant.result().parametersSha256(), expected.parametersSha256());
  }

  /**
   * The first epochs of a cosine over three are those of a run that is to go on, and not others.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aCosineKeepsItsLength(int epochs) throws IOException {
    TrainingPlan whole = plan(new RateSchedule.Cosine(0, 0, 3));
    List<String> expected = uninterrupted(whole).parametersSha256();
    run.plan = whole.withEpochs(epochs);
    run.toTheEnd();
    assertEquals(expected.subList(0, epochs), run.record().parametersSha256());
    run.plan = whole;
    run.toTheEnd();
    assertEquals(expected, run.record().parametersSha256());
  }

  @Test
  void nothingIsTrainedAtARateOfZero() {
    assertEquals(
        "The learning rate has fallen to 0 after 3 epochs, so that more of them would train"
            + " nothing: begin a new run whose cosine is longer, or ends above 0.",
        refusal(() -> plan(new RateSchedule.Cosine(0, 0, 3)).withEpochs(4)));
    // Where it ends above, it stays there.
    TrainingPlan longer = plan(new RateSchedule.Cosine(0, 1e-4, 3)).withEpochs(4);
    assertEquals(1e-4, longer.learningRate(300).at(15));
    assertEquals(1e-4, longer.learningRate(300).at(19));
  }

  @Test
  void refusesWhatWouldTrainNothing() {
    assertEquals(
        "A cosine from a learning rate of 0.01 cannot end at 0.01: it falls.",
        refusal(() -> plan(new RateSchedule.Cosine(0, 0.01, 3))));
    assertTrue(
        refusal(() -> plan(new RateSchedule.Step(0, 1, 1e-30)).withEpochs(3))
            .startsWith("The learning rate would be "));
    assertEquals(
        "A warm-up of 15 steps leaves none of the cosine's 15: take fewer.",
        refusal(
            () -> plan(new RateSchedule.Cosine(15, 0, 3)).requireFits(TinyImages.draw(300, 1))));
  }

  private static String refusal(Runnable made) {
    return assertThrows(InputException.class, made::run).getMessage();
  }

  @Test
  void aScheduleIsReadBackAsItWas() {
    schedules()
        .map(RatesInRunsTest::plan)
        .forEach(
            plan ->
                assertEquals(
                    plan, Json.COMPACT.fromJson(Json.COMPACT.toJson(plan), TrainingPlan.class)));
    String json = Json.COMPACT.toJson(plan(new RateSchedule.Step(2, 1, 0.5)));
    assertTrue(
        json.contains(
            "\"rates\":{\"name\":\"step\",\"warm_up_steps\":2,\"every\":1,\"factor\":0.5}"),
        json);
  }

  /** A rate that stays as it is has no schedule in a file, as before there were any. */
  @Test
  void aConstantRateIsNoSchedule() throws IOException {
    assertEquals(TinyRun.plan(3, 1e-2), plan(new RateSchedule.Constant(0)));
    run.plan = plan(new RateSchedule.Constant(0));
    run.toTheEnd();
    assertFalse(Files.readString(run.recordFile()).contains("rates"));
  }

  @Test
  void anotherScheduleIsAnotherRun() {
    run.plan = plan(new RateSchedule.Step(2, 1, 0.5));
    run.until(7);
    for (RateSchedule other :
        new RateSchedule[] {null, new RateSchedule.Step(2, 1, 0.4), new RateSchedule.Constant(2)}) {
      run.plan = plan(other);
      String message = refusal(run::toTheEnd);
      assertTrue(message.startsWith("The checkpoint's settings are not those of run.json: "));
    }
  }

  @Test
  void anUnknownScheduleIsNoStackTrace() throws IOException {
    run.plan = plan(new RateSchedule.Step(2, 1, 0.5));
    run.toTheEnd();
    run.editRecord(json -> json.replace("\"step\",", "\"spiral\","));
    assertEquals(
        run.recordFile() + " is damaged: it is not the JSON of a run.", refusal(run::record));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void aRunIsVerified(RateSchedule rates) {
    run.plan = plan(rates);
    run.toTheEnd();
    assertTrue(
        Verification.of(
                folder.resolve("run"),
                run.record(),
                2,
                run.dataset,
                new CpuAccelerator(1),
                RunObserver.NONE,
                () -> false)
            .orElseThrow()
            .isSame());
  }
}
