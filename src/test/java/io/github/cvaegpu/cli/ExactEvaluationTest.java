// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static io.github.cvaegpu.cli.RunsToEvaluate.mean;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.github.cvaegpu.TinyImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code evaluate --exact}. */
class ExactEvaluationTest {
  @TempDir private static Path folder;

  private static RunsToEvaluate runs;

  @BeforeAll
  static void drawImages() throws IOException {
    runs = new RunsToEvaluate(folder);
  }

  private static CommandRun evaluate(int latent, String... options) {
    List<String> exact = new ArrayList<>(List.of("--exact"));
    exact.addAll(List.of(options));
    return runs.evaluate(latent, exact);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theIntegralIsAboveItsBoundsInJson(int latent) {
    JsonObject json = evaluate(latent, "--samples=200", "--json").succeeded().json();
    JsonObject exact = json.getAsJsonObject("exact");
    assertEquals(
        Set.of(
            "images",
            "log_likelihood",
            "gap",
            "approximation_gap",
            "amortisation_gap",
            "spacing_error",
            "largest_spacing_error",
            "range_error",
            "range",
            "inexact",
            "below_bound"),
        exact.keySet());
    JsonObject evaluation = json.getAsJsonObject("evaluation");
    double logLikelihood = mean(exact, "log_likelihood");
    assertTrue(logLikelihood > mean(evaluation, "importance_weighted_bound"), json.toString());
    assertEquals(logLikelihood - mean(evaluation, "elbo"), mean(exact, "gap"), 1e-9);
    assertEquals(
        mean(exact, "gap"),
        mean(exact, "approximation_gap") + mean(exact, "amortisation_gap"),
        1e-9);
    assertTrue(mean(exact, "approximation_gap") >= -0.002, json.toString());
    assertTrue(exact.get("largest_spacing_error").getAsDouble() < 0.01, json.toString());
    assertEquals(TinyImages.TEST, exact.get("images").getAsInt());
    assertEquals(0, exact.get("inexact").getAsInt());
    assertEquals(0, exact.get("below_bound").getAsInt());
  }

  @Test
  void theIntegralIsFourMoreRowsForPeople() {
    List<String> lines = evaluate(2, "--images=7").succeeded().out().lines().toList();
    assertEquals(9, lines.size(), lines.toString());
    assertTrue(
        lines
            .get(5)
            .matches(
                "  log p\\(x\\) +-\\d+\\.\\d\\d \\+- \\d+\\.\\d\\d   integral over z; moved by"
                    + " 0\\.00\\d\\d, at most 0\\.00\\d\\d, with half the spacing, 0\\.00\\d\\d"
                    + " with more range"),
        lines.get(5));
    assertTrue(lines.get(6).startsWith("  gap "), lines.get(6));
    assertTrue(lines.get(7).startsWith("  approx. "), lines.get(7));
    assertTrue(lines.get(8).startsWith("  amort. "), lines.get(8));
  }

  @Test
  void withoutItThereIsNoIntegral() {
    assertTrue(CommandRun.of("evaluate", runs.run(2), "--json").json().get("exact").isJsonNull());
  }

  @Test
  void tooManyDimensionsAreSentElsewhere() {
    assertEquals(
        "--exact is for 1 or 2 latent dimensions, and the model has 10: take --ais, or the"
            + " importance-weighted bound with --samples 5000.",
        evaluate(10).refusal());
  }
}
