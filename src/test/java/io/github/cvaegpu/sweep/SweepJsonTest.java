// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.cvaegpu.InputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepJsonTest {
  private static SweepPlan parsed(String json) {
    return SweepJson.parse(json, "sweep.json");
  }

  @Test
  void aPlanIsReadBackAsItWas() {
    for (SweepPlan plan :
        List.of(
            new SweepPlan(Search.GRID, List.of(), null, 1, 0, Map.of()),
            new SweepPlan(
                Search.GRID,
                List.of(
                    new Setting.Choice("hidden", List.of("400,50", "512,256")),
                    new Setting.Choice("lr", List.of("0.001", "1e-4"))),
                null,
                5,
                -3,
                Map.of("epochs", "10", "data", "a \"b\"\n", "skip-unreadable", "true")),
            new SweepPlan(
                Search.GRID, List.of(), null, 3, 0, Map.of(), new Halving(Measure.KL_ERROR, 4)),
            new SweepPlan(
                Search.SOBOL,
                List.of(
                    new Setting.Range("lr", 1e-4, 0.01, true, false),
                    new Setting.Range("latent", 2, 1e9, false, true)),
                100,
                1,
                Long.MAX_VALUE,
                Map.of()))) {
      assertEquals(plan, parsed(SweepJson.of(plan)));
    }
  }

  @Test
  void peopleMayWriteNumbersAndArrays() {
    SweepPlan plan =
        parsed(
            """
            {"set": {"lr": [0.001, 1e-4], "hidden": [[400, 50], "20"], "beta": 2,
                     "control": "constant"},
             "seeds": 2, "base": {"epochs": 10.0, "data": "mnist"}}
            """);
    assertEquals(
        new SweepPlan(
            Search.GRID,
            List.of(
                new Setting.Choice("lr", List.of("0.001", "0.0001")),
                new Setting.Choice("hidden", List.of("400,50", "20")),
                new Setting.Choice("beta", List.of("2")),
                new Setting.Choice("control", List.of("constant"))),
            null,
            2,
            0,
            Map.of("epochs", "10", "data", "mnist")),
        plan);
    assertEquals(
        new Setting.Range("kl", 4, 16, false, false),
        parsed(
                "{\"search\": \"random\", \"runs\": 3, \"set\": {\"kl\": {\"from\": 4, \"to\":"
                    + " 16}}}")
            .settings()
            .getFirst());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{ | sweep.json is no JSON from line 1, column 2 on.",
        "[] | sweep.json: a sweep has to be an object of JSON.",
        "{\"format\": 2} | sweep.json has format 2, and this version of the program knows format"
            + " 1.",
        "{\"sets\": {}} | sweep.json has \"sets\", which a sweep does not; did you mean \"set\"?",
        "{\"whatever\": {}} | sweep.json has \"whatever\", which a sweep does not.",
        "{\"search\": \"grib\"} | sweep.json has the search \"grib\"; there are grid, random and"
            + " sobol.",
        "{\"set\": []} | sweep.json: set has to be an object of JSON.",
        "{\"set\": {\"lr\": []}} | --set lr has no value.",
        "{\"set\": {\"lr\": null}} | sweep.json: a value of lr has to be a number or text.",
        "{\"set\": {\"lr\": [{}]}} | sweep.json: a value of lr has to be a number or text.",
        "{\"set\": {\"lr\": {\"from\": 1}}} | sweep.json: the range of lr needs a number \"to\".",
        "{\"set\": {\"lr\": {\"from\": 1, \"to\": 2, \"log\": 1}}} | sweep.json: \"log\" is true or"
            + " false.",
        "{\"set\": {\"lr\": {\"form\": 1}}} | sweep.json has \"form\", which the range of lr does"
            + " not; did you mean \"from\"?",
        "{\"halving\": {\"measure\": \"rl\"}} | sweep.json: \"rl\" is no measure; there are elbo,"
            + " bound and kl-error.",
        "{\"seeds\": 1.5} | sweep.json: \"seeds\" has to be a whole number, not 1.5.",
        "{\"seeds\": 3000000000} | sweep.json: 3,000,000,000 is too large for \"seeds\".",
        "{\"seeds\": 0} | sweep.json: --seeds must be 1 or more, not 0.",
      })
  void whatIsNoPlanIsRefused(String json, String sentence) {
    assertEquals(sentence, assertThrows(InputException.class, () -> parsed(json)).getMessage());
  }
}
