// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --latent} where the factors that images were made of are known. */
class SpritesEvaluationTest {
  @TempDir private static Path folder;

  /** Trained for a second: enough to tell places better than by chance, one of twelve. */
  @Test
  void aRunOnSpritesHasScoresOfItsFactors() {
    String run = folder.resolve("run").toString();
    CommandRun.of(
            "train",
            "--data=sprites",
            "--out=" + run,
            "--quiet",
            "--engine=cpu",
            "--beta=1",
            "--hidden=16",
            "--latent=2",
            "--epochs=1",
            "--lr=0.01")
        .succeeded();
    CommandRun result =
        CommandRun.of("evaluate", run, "--samples=1", "--latent", "--engine=cpu").succeeded();
    assertEquals("", result.err());
    List<String> lines = result.out().lines().toList();
    int from = lines.indexOf("Disentanglement, by the factors that the images were made of");
    assertTrue(from > 0 && lines.get(from - 1).startsWith("  label MIG"), result.out());
    assertTrue(lines.getFirst().contains("on the 4,560 test images of sprites"), result.out());
    assertEquals(
        List.of("MIG", "SAP", "FactorVAE", "DCI", "shape", "scale", "rotation", "x", "y"),
        lines.subList(from + 1, lines.size()).stream()
            .map(line -> line.strip().split(" ", 2)[0])
            .toList());
    for (String place : lines.subList(lines.size() - 2, lines.size())) {
      MatchResult told =
          Pattern.compile("told ([0-9.]+) % \\(12 values\\)")
              .matcher(place)
              .results()
              .findFirst()
              .orElseThrow();
      assertTrue(Double.parseDouble(told.group(1)) > 200 / 12.0, place);
    }
  }
}
