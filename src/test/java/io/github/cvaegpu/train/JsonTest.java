// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParseException;
import io.github.cvaegpu.control.AntiWindup;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private record Sample(
      AntiWindup antiWindup,
      OptionalLong latchStep,
      OptionalDouble overshoot,
      double mean,
      String text) {}

  private static final Sample FULL =
      new Sample(AntiWindup.STUDY, OptionalLong.of(3), OptionalDouble.of(0.1), 1e-300, "a<b>&'c'");

  @Test
  void namesAndEnumsAreInLowerCase() {
    assertEquals(
        """
        {"anti_windup":"study","latch_step":3,"overshoot":0.1,"mean":1.0E-300,"text":"a<b>&'c'"}\
        """,
        Json.COMPACT.toJson(FULL));
  }

  /** Likelihoods have methods of their own, and so classes of their own. */
  @Test
  void enumsWithMethodsOfTheirOwnAreInLowerCaseToo() {
    String json = Json.COMPACT.toJson(Objective.study());
    assertEquals("{\"likelihood\":\"bernoulli\",\"targets\":\"grey\"}", json);
    assertEquals(Objective.study(), Json.COMPACT.fromJson(json, Objective.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.1 | false | {\"value\":0.1,\"is_learned\":false}",
        "1 | true | {\"value\":1.0,\"is_learned\":true}",
      })
  void aStandardDeviationIsThereWhereThereIsOne(double value, boolean isLearned, String sigma) {
    Objective gaussian = Objective.gaussian(new Sigma(value, isLearned));
    String json = Json.COMPACT.toJson(gaussian);
    assertEquals(
        "{\"likelihood\":\"gaussian\",\"targets\":\"grey\",\"sigma\":%s}".formatted(sigma), json);
    assertEquals(gaussian, Json.COMPACT.fromJson(json, Objective.class));
  }

  @Test
  void readsWhatItWrote() {
    assertEquals(FULL, Json.COMPACT.fromJson(Json.PRETTY.toJson(FULL), Sample.class));
    var empty = new Sample(null, OptionalLong.empty(), OptionalDouble.empty(), 0, null);
    assertEquals(
        """
        {"anti_windup":null,"latch_step":null,"overshoot":null,"mean":0.0,"text":null}\
        """,
        Json.COMPACT.toJson(empty));
    assertEquals(empty, Json.COMPACT.fromJson(Json.COMPACT.toJson(empty), Sample.class));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void figuresThatAreNotFiniteAreNull(double value) {
    var overflown =
        new Sample(
            AntiWindup.STUDY, OptionalLong.empty(), OptionalDouble.empty(), value, "overflown");
    String json = Json.COMPACT.toJson(overflown);
    assertEquals(
        """
        {"anti_windup":"study","latch_step":null,"overshoot":null,"mean":null,"text":"overflown"}\
        """,
        json);
    assertEquals(Double.NaN, Json.COMPACT.fromJson(json, Sample.class).mean());
  }

  @ParameterizedTest
  @EnumSource(RunRecord.ExitReason.class)
  void everyExitReasonReadsBack(RunRecord.ExitReason reason) {
    List<RunRecord.ExitReason> read =
        List.of(
            Json.COMPACT.fromJson(Json.COMPACT.toJson(reason), RunRecord.ExitReason.class),
            Json.COMPACT.fromJson('"' + reason.name() + '"', RunRecord.ExitReason.class));
    assertEquals(List.of(reason, reason), read);
  }

  @Test
  void refusesAWordThatIsNoConstant() {
    assertThrows(
        JsonParseException.class, () -> Json.COMPACT.fromJson("\"latching\"", AntiWindup.class));
  }
}
