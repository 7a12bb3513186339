// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.train.DivergedException;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.RunObservers;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify}: trains the beginning of a run again. */
@Command(
    name = "verify",
    description = {
      VerifyCommand.WHAT,
      "Compares the parameters' SHA-256 after each epoch with those in run.json. Where the run was"
          + " trained on another engine, or by a version with other bits, it compares the epochs'"
          + " mean losses instead: RL to 0.2 %% and KL to 1 %% in the first epoch, to 1 %% and 3 %%"
          + " in those after it.",
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the run is as it was recorded",
      "1:it is not",
      "2:it cannot be trained again"
    })
final class VerifyCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT = "Trains the first epochs of a run again and compares the bits.";

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "A run directory; it is only read.")
  private Path run;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many epochs. Default: ${DEFAULT-VALUE}.")
  private int epochs;

  @Mixin private DataOptions dataOptions;

  @Mixin private EngineOptions engineOptions;

  @Option(
      names = "--quiet",
      description = "Print nothing but the verdict, warnings and errors. Default: progress.")
  private boolean quiet;

  @Option(names = "--json", description = "Print one line of JSON. Default: a line an epoch.")
  private boolean json;

  /** The machine-readable form. */
  private record Line(
      String run,
      boolean isAsRecorded,
      boolean isSame,
      String whyBitsMayDiffer,
      String likelihood,
      List<Verification.Epoch> epochs) {}

  @Override
  public Integer call() {
    engineOptions.check();
    if (epochs < 1) {
      throw new InputException(
          String.format(Locale.ROOT, "--epochs must be 1 or more, not %d.", epochs));
    }
    RunRecord record = RunDirectory.readRecord(run);
    Verification.requireEpochs(record, epochs);
    record.plan().requireController();
    engineOptions.requireEngine();
    PrintWriter err = spec.commandLine().getErr();
    DataChoice choice = dataOptions.asked().orElseGet(record::dataToLoad);
    Dataset dataset = dataOptions.load(choice, err, err, !quiet && !json);
    Verification.requireImages(record, dataset);
    Optional<Verification> verified;
    try (EngineOptions.Chosen<Trainee> chosen =
            engineOptions.choose(record.plan(), dataset.train());
        Interruption interruption = Interruption.install();
        Progress progress = quiet || json ? Progress.NONE : new ProgressLines(err)) {
      chosen.tell(quiet || json, err);
      chosen.first().close();
      verified =
          Verification.of(
              run,
              record,
              epochs,
              dataset,
              chosen.accelerator(),
              RunObservers.of(new Warnings(err), progress),
              interruption::isRequested);
    } catch (DivergedException e) {
      // Its sentence is about a checkpoint to go on from, which there is none of here.
      spec.commandLine()
          .getOut()
          .println("NOT verified: training diverges now, which it did not when it was recorded.");
      return ExitCode.FAILED;
    }
    if (verified.isEmpty()) {
      err.println("Stopped: nothing was verified.");
      return ExitCode.INTERRUPTED;
    }
    print(verified.get(), record.likelihood());
    return verified.get().isAsRecorded() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void print(Verification verification, String likelihood) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.COMPACT.toJson(
              new Line(
                  run.toString(),
                  verification.isAsRecorded(),
                  verification.isSame(),
                  verification.whyBitsMayDiffer().orElse(null),
                  likelihood,
                  verification.epochs())));
      return;
    }
    if (!quiet) {
      out.printf(
          Locale.ROOT, "Mean losses of each epoch; likelihood %s, nats per image%n", likelihood);
    }
    for (int i = 0; i < verification.epochs().size() && !quiet; i++) {
      Verification.Epoch epoch = verification.epochs().get(i);
      out.printf(
          Locale.ROOT,
          "epoch %d  %s  RL %.4f, recorded %.4f  KL %.4f, recorded %.4f%n",
          i + 1,
          epoch.isSame() ? "the same bits" : "OTHER bits",
          epoch.rl(),
          epoch.recordedRl(),
          epoch.kl(),
          epoch.recordedKl());
    }
    if (!verification.isSame()) {
      verification.whyBitsMayDiffer().ifPresent(out::println);
    }
    out.println(verdict(verification));
  }

  private static String verdict(Verification verification) {
    int count = verification.epochs().size();
    String first = count == 1 ? "epoch 1" : String.format(Locale.ROOT, "epochs 1 to %d", count);
    if (verification.isSame()) {
      return "Verified: the parameters after %s are the recorded ones to the bit.".formatted(first);
    }
    if (verification.isAsRecorded()) {
      return "Verified by the losses alone: those of %s are about the recorded ones."
          .formatted(first);
    }
    if (!verification.hasLosses()) {
      return "NOT verified: the run has no log of its losses to compare with.";
    }
    return verification.whyBitsMayDiffer().isPresent()
        ? "NOT verified: the losses differ from the recorded ones."
        : "NOT verified: the same engine gives other parameters than were recorded.";
  }
}
