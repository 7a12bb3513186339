// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.report;

import io.github.cvaegpu.train.Model;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.TrainingPlan;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Settings and figures of runs side by side, a column a run; rows that differ are marked. */
final class RunTable {
  private RunTable() {}

  /** A row's name and what it has of a run. */
  private record Row(String name, Function<RunRecord, String> cell) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("model", run -> run.plan().model() == Model.CONTROL ? "ControlVAE" : "beta-VAE"),
          new Row("set point", run -> ofControl(run, p -> plain(p.controller().setPoint()))),
          new Row(
              "Kp, Ki",
              run ->
                  ofControl(
                      run, p -> plain(p.controller().kp()) + ", " + plain(p.controller().ki()))),
          new Row(
              "beta",
              run ->
                  run.plan().model() == Model.BETA
                      ? plain(run.plan().beta())
                      : plain(run.plan().controller().betaMin())
                          + " to "
                          + plain(run.plan().controller().betaMax())),
          new Row(
              "anti-windup",
              run ->
                  ofControl(
                      run, p -> p.controller().antiWindup().toString().toLowerCase(Locale.ROOT))),
          new Row("learning rate", run -> plain(run.plan().learningRate())),
          new Row("epochs", run -> String.valueOf(run.plan().epochs())),
          new Row("batch", run -> String.valueOf(run.plan().batchSize())),
          new Row("hidden widths", run -> joined(run.plan().hidden())),
          new Row("latent dimensions", run -> String.valueOf(run.plan().latent())),
          new Row("seed", run -> String.valueOf(run.plan().seed())),
          new Row("images", run -> run.dataset().name()),
          new Row(
              "engine",
              run ->
                  run.sessions().isEmpty()
                      ? ""
                      : run.sessions().getLast().engine().engine()
                          + ", "
                          + run.sessions().getLast().engine().device()),
          new Row("how it stands", run -> run.exitReason().name().toLowerCase(Locale.ROOT)),
          new Row("steps", run -> String.format(Locale.ROOT, "%,d", run.stepsDone())),
          new Row("RL, last 100 steps", run -> figure(run, m -> m.lastSteps().rl())),
          new Row("KL, last 100 steps", run -> figure(run, m -> m.lastSteps().kl())),
          new Row("ELBO, last 100 steps", run -> figure(run, m -> m.lastSteps().elbo())),
          new Row("beta, last 100 steps", run -> figure(run, m -> m.lastSteps().beta())),
          new Row("test RL", run -> figure(run, m -> m.test().reconstructionLoss().mean())),
          new Row("test KL", run -> figure(run, m -> m.test().klDivergence().mean())),
          new Row("test ELBO", run -> figure(run, m -> m.test().elbo().mean())));

  static String html(List<Run> runs) {
    var html =
        new StringBuilder("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th></th>");
    for (Run run : runs) {
      html.append("<th scope=\"col\">").append(Html.escape(run.name())).append("</th>");
    }
    html.append("</tr></thead><tbody>\n");
    for (Row row : ROWS) {
      List<String> cells = runs.stream().map(run -> row.cell.apply(run.record())).toList();
      boolean differs = cells.stream().distinct().count() > 1;
      html.append(differs ? "<tr class=\"differs\">" : "<tr>");
      html.append("<th scope=\"row\">").append(Html.escape(row.name)).append("</th>");
      cells.forEach(cell -> html.append("<td>").append(Html.escape(cell)).append("</td>"));
      html.append("</tr>\n");
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  private static String ofControl(RunRecord run, Function<TrainingPlan, String> setting) {
    return run.plan().model() == Model.CONTROL ? setting.apply(run.plan()) : "";
  }

  private static String figure(RunRecord run, Function<RunRecord.Metrics, Double> figure) {
    return run.metrics() == null
        ? ""
        : String.format(Locale.ROOT, "%.3f", figure.apply(run.metrics()));
  }

  private static String joined(List<Integer> widths) {
    return String.join(", ", widths.stream().map(String::valueOf).toList());
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
