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

/** {@code evaluate --ais}. */
class AisEvaluationTest {
  @TempDir private static Path folder;

  private static RunsToEvaluate runs;

  @BeforeAll
  static void drawImages() throws IOException {
    runs = new RunsToEvaluate(folder);
  }

  private static CommandRun evaluate(int latent, String... options) {
    return runs.evaluate(latent, List.of(options));
  }

  /** There are 50 test images, and 60 are asked for. */
  @Test
  void itIsTheIntegralOfASmallLatentSpaceInJson() {
    CommandRun run =
        evaluate(2, "--exact", "--ais", "--ais-images=60", "--ais-steps=200", "--json").succeeded();
    assertTrue(
        run.err()
            .contains(
                "Warning: there are 50 images to score, fewer than --ais-images 60 asks for."),
        run.err());
    JsonObject json = run.json();
    JsonObject ais = json.getAsJsonObject("ais");
    assertEquals(
        Set.of(
            "images",
            "chains",
            "steps",
            "leapfrog_steps",
            "acceptance",
            "log_likelihood",
            "chain_error",
            "effective_chains",
            "elbo",
            "importance_weighted_bound",
            "gap",
            "below_bound",
            "check"),
        ais.keySet());
    assertEquals(50, ais.get("images").getAsInt());
    assertEquals(8, ais.get("chains").getAsInt());
    assertEquals(200, ais.get("steps").getAsInt());
    double exact = mean(json.getAsJsonObject("exact"), "log_likelihood");
    double error = ais.get("chain_error").getAsDouble();
    assertTrue(error < 0.1, ais.toString());
    assertEquals(exact, mean(ais, "log_likelihood"), 4 * error + 0.01);
    JsonObject evaluation = json.getAsJsonObject("evaluation");
    assertEquals(mean(evaluation, "elbo"), mean(ais, "elbo"), 1e-9);
    assertEquals(0, ais.get("below_bound").getAsInt());
    JsonObject check = ais.getAsJsonObject("check");
    assertEquals(Set.of("images", "lower", "upper", "gap", "largest_gap"), check.keySet());
    assertEquals(10, check.get("images").getAsInt());
    assertEquals(mean(check, "upper") - mean(check, "lower"), mean(check, "gap"), 1e-9);
    assertTrue(Math.abs(mean(check, "gap")) < 0.5, check.toString());
  }

  @Test
  void itIsThreeMoreRowsForPeople() {
    String[] options = {"--ais", "--ais-images=3", "--ais-chains=4", "--ais-steps=400"};
    List<String> lines = evaluate(10, options).succeeded().out().lines().toList();
    assertEquals(8, lines.size(), lines.toString());
    String estimate = " +-?\\d+\\.\\d\\d \\+- \\d+\\.\\d\\d   ";
    assertTrue(
        lines
            .get(5)
            .matches(
                "  AIS"
                    + estimate
                    + "log p\\(x\\) from below, of the first 3 images; \\d\\.\\d\\d of the error"
                    + " is the chains'"),
        lines.get(5));
    assertTrue(
        lines.get(6).matches("  gap" + estimate + "AIS - ELBO of the same images"), lines.get(6));
    assertTrue(
        lines
            .get(7)
            .matches(
                "  check"
                    + estimate
                    + "from -\\d+\\.\\d\\d below to -\\d+\\.\\d\\d above, of 3 images that the"
                    + " model drew; at most -?\\d\\.\\d\\d"),
        lines.get(7));
    assertEquals(lines, evaluate(10, options).succeeded().out().lines().toList());
  }

  @Test
  void withoutItNothingIsAnnealed() {
    JsonObject json = evaluate(2, "--json").succeeded().json();
    assertTrue(json.get("ais").isJsonNull(), json.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ais --ais-chains=0 | --ais-chains must be from 2 to 1000, not 0.",
        "--ais --ais-chains=1 | --ais-chains must be from 2 to 1000, not 1.",
        "--ais --ais-chains=1001 | --ais-chains must be from 2 to 1000, not 1001.",
        "--ais --ais-steps=1 | --ais-steps must be from 2 to 100000, not 1.",
        "--ais --ais-steps=100001 | --ais-steps must be from 2 to 100000, not 100001.",
        "--ais --ais-images=0 | --ais-images must be from 1 to 60000, not 0.",
        "--ais --ais-images=60001 | --ais-images must be from 1 to 60000, not 60001.",
        "--ais-images=3 | --ais-images is for --ais, which is not there.",
        "--exact --ais-chains=3 | --ais-chains is for --ais, which is not there.",
        "--ais --ais-steps=many | --ais-steps must be a whole number, not 'many'.",
      })
  void whatCannotBeDoneIsASentence(String options, String sentence) {
    assertEquals(sentence, evaluate(2, options.split(" ", -1)).refusal());
  }
}
