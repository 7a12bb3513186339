// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Numbers;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.Trainee;
import io.github.cvaegpu.track.QueueTrackers;
import io.github.cvaegpu.track.TrackerSettings;
import io.github.cvaegpu.train.Calibration;
import io.github.cvaegpu.train.Calibrator;
import io.github.cvaegpu.train.CheckpointInterval;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.Provenance;
import io.github.cvaegpu.train.RunQueue;
import io.github.cvaegpu.train.TrainingPlan;
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
import picocli.CommandLine.Spec;

/** {@code calibrate}: which set points a controller can hold. */
@Command(
    name = "calibrate",
    description = {
      CalibrateCommand.WHAT,
      "--kl checks a set point of your own. The same command goes on where an interrupted one"
          + " stopped."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false,
    footer = {"", ObjectiveOptions.LIKELIHOODS, "", EngineOptions.TUNE, "", TrackerOptions.SEVERAL})
final class CalibrateCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Measures which set points of the KL divergence a controller can hold, by three short runs:"
          + " at the upper limit of beta, at 1 and at the lower limit.";

  /** The machine-readable form. */
  private record Line(
      String dataset,
      String likelihood,
      Calibration calibration,
      double studyRule,
      double ceiling,
      double chosen,
      String reason,
      List<String> warnings) {}

  @Spec private CommandSpec spec;

  @Mixin private CalibrationOptions calibrationOptions;

  @Mixin private PlanOptions planOptions;

  @Mixin private ParallelOption parallel;

  @Mixin private EngineOptions engineOptions;

  @Mixin private DataOptions dataOptions;

  @Mixin private TrackerOptions trackerOptions;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "calibration",
      description = "Where the short runs go. Default: ${DEFAULT-VALUE}.")
  private Path folder;

  @Option(
      names = "--quiet",
      description = "Print nothing but the outcome, warnings and errors. Default: progress.")
  private boolean quiet;

  @Option(
      names = "--json",
      description = "Print the outcome as one line of JSON. Default: for people.")
  private boolean json;

  @Override
  public Integer call() {
    engineOptions.check();
    parallel.check();
    planOptions.refuseForCalibration();
    TrainingPlan plan = planOptions.plan();
    int epochs = calibrationOptions.epochs();
    engineOptions.requireEngine();
    Outside.requireOfPictures(folder, dataOptions.choice(), "name another folder with --out");
    trackerOptions.requireOutside(dataOptions.choice());
    Dataset dataset = dataOptions.load(dataOptions.choice(), err(), err(), !quiet && !json);
    plan.requireFits(dataset.train());
    var calibrator = new Calibrator(plan, epochs, dataset);
    TrackerSettings trackers = trackerOptions.settings(err());
    trackers.requireUsable(folder, calibrator.runs(), dataset);
    int atOnce =
        parallel.share(calibrator.runs().size(), engineOptions, trackers.jsonLines().isPresent());
    Optional<Calibration> calibration;
    try (EngineOptions.Chosen<Trainee> chosen = engineOptions.choose(plan, dataset.train());
        Interruption interruption = Interruption.install();
        StudyProgress progress =
            quiet ? StudyProgress.quiet(err()) : StudyProgress.to(err(), dataset.train().size());
        QueueTrackers told = new QueueTrackers(trackers, progress::warns)) {
      chosen.first().close();
      chosen.tell(true, err());
      calibration =
          calibrator.measure(
              chosen.accelerator(),
              RunQueue.Settings.oneByOne(
                      folder,
                      Provenance.of(dataOptions.choice(), engineOptions.askedThreads()),
                      CheckpointInterval.parse("10s"))
                  .atOnce(atOnce)
                  .withObservers(told),
              progress,
              interruption::isRequested);
    } catch (DeviceLostException e) {
      throw Failures.sameCommandGoesOn(e);
    }
    if (calibration.isEmpty()) {
      err().println("Stopped; everything so far is kept. The same command goes on.");
      return ExitCode.INTERRUPTED;
    }
    requireUsable(calibration.get(), "calibrate");
    print(calibration.get(), dataset.name(), plan.objective().title(), planOptions.setPoint());
    return ExitCode.OK;
  }

  /** Refuses, with a sentence, a calibration that says nothing. */
  static void requireUsable(Calibration calibration, String who) {
    if (!calibration.isUsable()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s finds nothing to hold: KL is no higher at the lower limit of beta (%.2f) than at"
                  + " the upper (%.2f); take more --calibration-epochs, or name a --kl to train"
                  + " with.",
              who,
              calibration.atBetaMin().kl(),
              calibration.atBetaMax().kl()));
    }
  }

  private void print(
      Calibration calibration, String dataset, String likelihood, Optional<Double> asked) {
    double checked = asked.orElse(calibration.chosen());
    List<String> warnings = calibration.warnings(checked);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.COMPACT.toJson(
              new Line(
                  dataset,
                  likelihood,
                  calibration,
                  calibration.studyRule(),
                  calibration.ceiling(),
                  calibration.chosen(),
                  calibration.reason(),
                  warnings)));
      return;
    }
    out.printf(
        Locale.ROOT,
        "KL divergence on %s after %d epoch%s; likelihood %s, nats per image%n",
        dataset,
        calibration.epochs(),
        calibration.epochs() == 1 ? "" : "s",
        likelihood);
    row(out, calibration.atBetaMax());
    row(out, calibration.atBetaOne());
    row(out, calibration.atBetaMin());
    out.printf(
        Locale.ROOT,
        "Set points from %.2f to %.2f take a beta between the first and the last.%n",
        calibration.atBetaMax().kl(),
        calibration.atBetaMin().kl());
    double[] slopes = calibration.slopes();
    if (Double.isFinite(slopes[0]) && Double.isFinite(slopes[1])) {
      out.printf(
          Locale.ROOT,
          "Up to the KL of beta = 1 a nat of KL takes off %s nats of reconstruction loss, beyond"
              + " it %s.%n",
          Numbers.rounded("%.2f", slopes[0]),
          Numbers.rounded("%.2f", slopes[1]));
    }
    out.printf(Locale.ROOT, "--kl auto takes %s. %s%n", calibration.chosen(), calibration.reason());
    out.printf(
        Locale.ROOT,
        "The study's formula, z + 2 sqrt(z KL_1 + 1) with z = %,d latent dimensions and KL_1 the KL"
            + " at beta = 1, would give %.2f.%n",
        calibration.latent(),
        calibration.studyRule());
    out.printf(
        Locale.ROOT,
        "ln %,d = %.2f: nats above it can tell nothing more about which image it is.%n",
        calibration.images(),
        calibration.ceiling());
    asked.ifPresent(
        setPoint ->
            out.printf(
                Locale.ROOT,
                "--kl %s is %s.%n",
                Numbers.plain(setPoint),
                calibration.isBetween(setPoint)
                    ? "between the first and the last: a beta between them holds it"
                    : "not between the first and the last: no beta between them holds it"));
    warnings.forEach(warning -> err().println("Warning: " + warning));
  }

  private static void row(PrintWriter out, Calibration.End end) {
    out.printf(
        Locale.ROOT,
        "  beta %-8s %7.2f   test %7.2f%s%n",
        end.beta(),
        end.kl(),
        end.testKl(),
        end.isMoving()
            ? String.format(
                Locale.ROOT,
                "   still %s, %.1f %% over the last epoch's halves: take more --calibration-epochs",
                end.drift() > 0 ? "rising" : "falling",
                100 * Math.abs(end.drift()))
            : "");
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
