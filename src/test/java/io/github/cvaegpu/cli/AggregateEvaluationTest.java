// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static io.github.cvaegpu.cli.RunsToEvaluate.mean;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parts of the KL divergence that {@code evaluate --latent} has. */
class AggregateEvaluationTest {
  @TempDir private static Path folder;

  private static RunsToEvaluate runs;

  @BeforeAll
  static void drawImages() throws IOException {
    runs = new RunsToEvaluate(folder);
  }

  private static CommandRun evaluate(int latent, String... options) {
    return runs.evaluate(latent, List.of(options));
  }

  @Test
  void withoutLatentThereAreNone() {
    JsonObject json = evaluate(2, "--samples=1", "--json").succeeded().json();
    assertTrue(json.get("aggregate_posterior").isJsonNull(), json.toString());
  }

  @ParameterizedTest
  @CsvSource({"2", "10"})
  void thePartsOfTheDivergenceAddUpInJson(int latent) {
    JsonObject json = evaluate(latent, "--latent", "--json").succeeded().json();
    JsonObject aggregate = json.getAsJsonObject("aggregate_posterior");
    assertEquals(
        Set.of("images", "points", "kl", "plug_in", "leave_one_out", "grid"), aggregate.keySet());
    double divergence = mean(json.getAsJsonObject("evaluation"), "kl");
    assertEquals(divergence, mean(aggregate, "kl"), 1e-4);
    for (String name : List.of("plug_in", "leave_one_out")) {
      JsonObject parts = aggregate.getAsJsonObject(name);
      assertEquals(
          Set.of("mutual_information", "kl_to_prior", "total_correlation", "dimension_kl"),
          parts.keySet());
      assertEquals(
          mean(aggregate, "kl"),
          mean(parts, "mutual_information")
              + mean(parts, "total_correlation")
              + mean(parts, "dimension_kl"),
          1e-9);
    }
    assertEquals(
        json.getAsJsonObject("latent")
            .getAsJsonObject("mutual_information")
            .get("nats")
            .getAsDouble(),
        mean(aggregate.getAsJsonObject("plug_in"), "mutual_information"),
        1e-6);
    assertEquals(latent > 2, aggregate.get("grid").isJsonNull());
    if (latent == 2) {
      assertEquals(
          Set.of("mutual_information", "kl_to_prior", "total_correlation", "dimension_kl", "error"),
          aggregate.getAsJsonObject("grid").keySet());
    }
  }

  @Test
  void thePartsAreThreeRowsForPeople() {
    String figure = "-?\\d+\\.\\d\\d";
    String part = figure + " \\+- \\d+\\.\\d\\d nats; leave-one-out " + figure;
    for (int latent : new int[] {2, 10}) {
      List<String> lines =
          evaluate(latent, "--samples=1", "--latent").succeeded().out().lines().toList();
      assertTrue(lines.get(8).matches("  I\\(x; z\\) .*; leave-one-out " + figure), lines.get(8));
      String all = part + (latent == 2 ? "; on a grid " + figure : "");
      assertTrue(
          lines
              .get(9)
              .matches(
                  "  KL\\(q\\(z\\) \\|\\| p\\(z\\)\\) +" + all + "; the next two are its parts"),
          lines.get(9));
      assertTrue(lines.get(10).matches("  total correlation +" + all), lines.get(10));
      assertTrue(
          lines.get(11).matches("  KL of each q\\(z_j\\) +" + all + "; their sum"), lines.get(11));
    }
  }
}
