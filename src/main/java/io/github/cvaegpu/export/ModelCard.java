// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.export;

import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.Printable;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.control.BetaRule;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.eval.Estimate;
import io.github.cvaegpu.eval.Evaluation;
import io.github.cvaegpu.model.Likelihood;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.SavedModel;
import io.github.cvaegpu.train.TrainingPlan;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** {@code README.md} beside exported weights: what they are, how they came to be, how good. */
final class ModelCard {
  private final SavedModel model;
  private final Optional<RunRecord> record;
  private final StringBuilder text = new StringBuilder();

  private ModelCard(SavedModel model, Optional<RunRecord> record) {
    this.model = model;
    this.record = record;
  }

  /**
   * The card.
   *
   * @param record of the run that the model is of, where it is at hand
   */
  static String of(SavedModel model, Optional<RunRecord> record) {
    var card = new ModelCard(model, record);
    card.model();
    card.use();
    card.training();
    card.figures();
    card.licence();
    return card.text.toString();
  }

  private void model() {
    Likelihood likelihood = model.objective().likelihood();
    // What hubs of models file a card under.
    lines(
        "---",
        "library_name: pytorch",
        "tags:",
        "- variational-autoencoder",
        "---",
        "",
        "# %s, trained on %s".formatted(plan().rule().title(), code(model.datasetName())),
        "",
        "A fully connected variational autoencoder of grey images, trained by cvae-gpu and exported"
            + " by %s.".formatted(Program.nameAndVersion()),
        "",
        "| | |",
        "|---|---|");
    row(
        "network",
        ModelFacts.network(model.shape())
            + ", %s between layers".formatted(ModelFacts.activation(model.shape())));
    row(
        "images",
        model
            .size()
            .map(size -> ModelFacts.text(size) + " pixels")
            .orElse(model.shape().inputs() + " pixels, of which height and width were not kept"));
    row("input", ModelFacts.inputs(model) + "; " + ModelFacts.order(model));
    row(
        "encoder's output",
        "means, then log variances, of the latent dimensions' normal posterior");
    row("prior", "standard normal");
    row(
        "decoder's output",
        "logits; the mean of a pixel is %s (likelihood %s)"
            .formatted(PixelMean.of(likelihood).formula(), model.objective().title()));
    row(
        "parameters",
        String.format(
            Locale.ROOT,
            "%,d; SHA-256 %s",
            model.layout().parameterCount(),
            code(model.parametersSha256())));
  }

  private void use() {
    lines(
        "",
        "## Use",
        "",
        "With PyTorch and safetensors (`pip install torch safetensors`), in this folder:",
        "",
        "```python",
        "import torch",
        "from load import load",
        "",
        "model = load()",
        "images = model.decode(torch.randn(16, %s))  # (16, %s) means of pixels, of which 0 is black and 1 white"
            .formatted(model.shape().latent(), model.shape().inputs()),
        "mean, log_variance = model.encode(images)  # (16, %s) each"
            .formatted(model.shape().latent()),
        "```",
        "",
        "`load.py` builds the network of `config.json` and gives it the weights of"
            + " `model.safetensors`, whose metadata say what they are of. The `evaluate` of"
            + " cvae-gpu takes this folder too.");
  }

  private void training() {
    lines("", "## Training", "", "| | |", "|---|---|");
    row("model", plan().rule().title());
    for (BetaRule.Setting setting : plan().rule().settings()) {
      row(setting.name(), setting.value());
    }
    row(
        "images",
        "%s (%s)"
            .formatted(
                code(model.datasetName()),
                model.images().status().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
    new TreeMap<>(model.datasetSha256())
        .forEach((part, sha256) -> row("SHA-256 of " + code(part), code(sha256)));
    row(
        "steps",
        String.format(
            Locale.ROOT,
            "%,d, in batches of %,d; the plan was of %,d epochs",
            model.steps(),
            plan().batchSize(),
            plan().epochs()));
    if (plan().validation() != null) {
      row(
          "held out to validate on",
          "%s of the training images".formatted(Numbers.plain(plan().validation().fraction())));
    }
    row("optimizer", "Adam, learning rate " + plan().schedule().ratesTitle());
    row("seed", Long.toString(model.seed()));
    record
        .filter(run -> !run.sessions().isEmpty())
        .map(run -> run.sessions().getLast())
        .ifPresent(
            session -> {
              EngineInfo engine = session.engine();
              row("computed by", code(engine.what()) + ", " + code(engine.device()));
              if (session.program() != null) {
                row(
                    "program",
                    code(session.program())
                        + (session.commit() == null ? "" : ", commit " + code(session.commit())));
              }
            });
    lines("", "Every setting:", "", "```json", Json.PRETTY.toJson(plan()), "```");
  }

  private void figures() {
    lines("", "## Figures", "");
    Optional<RunRecord.Metrics> metrics =
        record
            .filter(run -> run.stepsDone() == model.steps())
            .flatMap(run -> Optional.ofNullable(run.metrics()));
    if (metrics.isEmpty()) {
      lines(
          record.isPresent()
              ? "The run was not finished, so it has no final figures."
              : "The run's own figures were not at hand when this was exported.",
          "The `evaluate` of cvae-gpu scores the model on images.");
      return;
    }
    Evaluation test = metrics.get().test();
    RunRecord.LastSteps last = metrics.get().lastSteps();
    lines(
        "Likelihood %s. ".formatted(model.objective().title())
            + "Nats per image, summed over its pixels; the ELBO is -(RL + KL), with beta = 1."
            + " Errors are standard errors over images.",
        "",
        String.format(
            Locale.ROOT,
            "| figure | %,d held-out images | mean of the last %,d training steps |",
            test.images(),
            last.steps()),
        "|---|---|---|");
    row("reconstruction loss (RL)", text(test.reconstructionLoss()), text(last.rl()));
    row("KL divergence", text(test.klDivergence()), text(last.kl()));
    row("ELBO", text(test.elbo()), text(last.elbo()));
    row("beta", "", Numbers.rounded("%.4g", last.beta()));
  }

  private void licence() {
    lines(
        "",
        "## Licence",
        "",
        "None is stated here: it is for whoever publishes these weights to choose. The images that"
            + " they were trained on have terms of their own. `load.py` is under the Apache License"
            + " 2.0.");
  }

  private TrainingPlan plan() {
    return model.plan();
  }

  private static String text(Estimate estimate) {
    return Numbers.rounded("%.2f", estimate.mean())
        + String.format(Locale.ROOT, " ± %.2f", estimate.standardError());
  }

  private static String text(double value) {
    return Numbers.rounded("%.2f", value);
  }

  /** Text of unknown origin, which must not end its span, its cell or its line. */
  private static String code(String unknown) {
    return "`" + Printable.text(unknown).replace('`', '\'').replace("|", "\\|") + "`";
  }

  private void row(String... cells) {
    lines("| " + String.join(" | ", cells) + " |");
  }

  private void lines(String... lines) {
    for (String line : lines) {
      text.append(line).append('\n');
    }
  }
}
