// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.github.cvaegpu.model.Objective;
import io.github.cvaegpu.model.Sigma;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static List<String> names(String... folders) {
    return Names.of(Stream.of(folders).map(folder -> run(folder, Objective.study())).toList());
  }

  /** A run of which no more is known than its folder and its plan. */
  private static Run run(String folder, Objective objective) {
    var json = new JsonObject();
    json.add("plan", Json.PRETTY.toJsonTree(TrainingPlan.defaults().withObjective(objective)));
    return new Run(
        Path.of(folder),
        Json.PRETTY.fromJson(json, RunRecord.class),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        List.of());
  }

  /**
   * What is beside another likelihood has its own, with sigma; what differs in sigma alone has not.
   */
  @Test
  void severalLikelihoodsAreNamed() {
    Run narrow = run("/x/a", Objective.gaussian(Sigma.of(0.1)));
    Run wide = run("/x/b", Objective.gaussian(Sigma.of(1)));
    Run study = run("/x/c", Objective.study());
    assertEquals(
        List.of("a (gaussian, sigma 0.1)", "b (gaussian, sigma 1)", "c (bernoulli)"),
        Names.of(List.of(narrow, wide, study)));
    assertEquals(List.of("a", "b"), Names.of(List.of(narrow, wide)));
  }

  @Test
  void aFoldersNameIsEnoughWhereItIsTheOnlyOne() {
    assertEquals(List.of("one", "other"), names("/runs/one", "/runs/other"));
    assertEquals(List.of("run"), names("/runs/run/."));
  }

  @Test
  void foldersOfOneNameHaveAsMuchOfTheirPathsAsTellsThemApart() {
    assertEquals(List.of("a/run", "b/run", "c"), names("/x/a/run", "/x/b/run", "/x/c"));
    assertEquals(
        List.of("one/runs/seed0", "two/runs/seed0", "seed1"),
        names("/s/one/runs/seed0", "/s/two/runs/seed0", "/s/one/runs/seed1"));
  }

  @Test
  void aFolderAboveAnotherIsToldApart() {
    assertEquals(List.of("/run", "run/run"), names("/run", "/run/run"));
    assertEquals(List.of("/"), names("/"));
  }

  @Test
  void theSameFolderTwiceIsCounted() {
    assertEquals(List.of("a", "a (2)", "a (3)"), names("/x/a", "/x/a", "/x/../x/a"));
  }

  @Test
  void whatActsIsWrittenAsAnEscape() {
    assertEquals(
        List.of("a\\u001b[2Jb\\u202ec\\nd\\u0007", "\u00e4 \u5b57 b"),
        names("/a\u001b[2Jb\u202ec\nd\u0007", "/x/\u00e4 \u5b57 b"));
  }

  @Test
  void aTitleNamesThemAllOrSaysHowManyMoreThereAre() {
    assertEquals("a", Names.joined(List.of("a")));
    assertEquals("a and b", Names.joined(List.of("a", "b")));
    assertEquals("a, b, c and d", Names.joined(List.of("a", "b", "c", "d")));
    assertEquals("a, b, c and 2 more", Names.joined(List.of("a", "b", "c", "d", "e")));
  }
}
