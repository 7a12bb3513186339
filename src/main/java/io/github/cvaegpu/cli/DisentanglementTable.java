// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.eval.Dci;
import io.github.cvaegpu.eval.Disentanglement;
import io.github.cvaegpu.eval.Disentanglement.FactorScores;
import java.io.PrintWriter;
import java.util.Locale;

/** The scores of disentanglement, for people. */
final class DisentanglementTable {
  private DisentanglementTable() {}

  static void print(Disentanglement scores, PrintWriter out) {
    out.println("Disentanglement, by the factors that the images were made of");
    row(out, "MIG", scores.mig());
    row(out, "SAP", scores.sap());
    if (Double.isNaN(scores.factorVae())) {
      out.printf(Locale.ROOT, "  %-19s none, as every dimension is inactive%n", "FactorVAE score");
    } else {
      row(out, "FactorVAE score", scores.factorVae());
    }
    Dci dci = scores.dci();
    out.printf(
        Locale.ROOT,
        "  %-19s disentanglement %.4f  completeness %.4f  informativeness %.4f%n",
        "DCI",
        dci.disentanglement(),
        dci.completeness(),
        dci.informativeness());
    for (FactorScores factor : scores.factors()) {
      out.printf(
          Locale.ROOT,
          "  %-19s MIG %.4f  SAP %.4f  completeness %.4f  told %.2f %% (%d values)%n",
          factor.name(),
          factor.mig(),
          factor.sap(),
          factor.completeness(),
          100 * factor.informativeness(),
          factor.values());
    }
  }

  private static void row(PrintWriter out, String name, double score) {
    out.printf(Locale.ROOT, "  %-19s %.4f%n", name, score);
  }
}
