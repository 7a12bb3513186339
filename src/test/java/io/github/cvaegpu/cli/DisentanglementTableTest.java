// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.github.cvaegpu.eval.Dci;
import io.github.cvaegpu.eval.Disentanglement;
import io.github.cvaegpu.eval.Disentanglement.FactorScores;
import io.github.cvaegpu.train.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class DisentanglementTableTest {
  private static Disentanglement scores(double factorVae) {
    return new Disentanglement(
        0.25,
        0.125,
        factorVae,
        new Dci(0.5, 0.4, 0.75),
        List.of(
            new FactorScores("shape", 3, 0.2, 0.15, 0.45, 0.8),
            new FactorScores("rotation", 16, 0.3, 0.1, 0.35, 0.7)));
  }

  private static List<String> lines(double factorVae) {
    var out = new StringWriter();
    DisentanglementTable.print(scores(factorVae), new PrintWriter(out, true));
    return out.toString().lines().toList();
  }

  @Test
  void everyScoreHasItsRowAndSoHasEveryFactor() {
    assertEquals(
        List.of(
            "Disentanglement, by the factors that the images were made of",
            "  MIG                 0.2500",
            "  SAP                 0.1250",
            "  FactorVAE score     0.9000",
            "  DCI                 disentanglement 0.5000  completeness 0.4000  informativeness"
                + " 0.7500",
            "  shape               MIG 0.2000  SAP 0.1500  completeness 0.4500  told 80.00 % (3"
                + " values)",
            "  rotation            MIG 0.3000  SAP 0.1000  completeness 0.3500  told 70.00 % (16"
                + " values)"),
        lines(0.9));
  }

  @Test
  void aScoreThatThereIsNotIsSaid() {
    assertEquals(
        "  FactorVAE score     none, as every dimension is inactive", lines(Double.NaN).get(3));
  }

  @Test
  void scoresAndTheirPartsAreInTheJson() {
    JsonObject json = Json.COMPACT.toJsonTree(scores(Double.NaN)).getAsJsonObject();
    assertEquals(
        "{\"mig\":0.25,\"sap\":0.125,\"factor_vae\":null,\"dci\":{\"disentanglement\":0.5,"
            + "\"completeness\":0.4,\"informativeness\":0.75},\"factors\":[{\"name\":\"shape\","
            + "\"values\":3,\"mig\":0.2,\"sap\":0.15,\"completeness\":0.45,\"informativeness\":0.8},"
            + "{\"name\":\"rotation\",\"values\":16,\"mig\":0.3,\"sap\":0.1,\"completeness\":0.35,"
            + "\"informativeness\":0.7}]}",
        json.toString());
  }
}
