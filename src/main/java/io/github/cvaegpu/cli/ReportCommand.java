// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataChoice;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.ImageSet;
import io.github.cvaegpu.data.Outside;
import io.github.cvaegpu.engine.VaeModel;
import io.github.cvaegpu.eval.Posterior;
import io.github.cvaegpu.report.Block;
import io.github.cvaegpu.report.Block.Picture;
import io.github.cvaegpu.report.Figure;
import io.github.cvaegpu.report.Fonts;
import io.github.cvaegpu.report.HtmlReport;
import io.github.cvaegpu.report.HtmlReport.Section;
import io.github.cvaegpu.report.HtmlReport.Subject;
import io.github.cvaegpu.report.Run;
import io.github.cvaegpu.report.RunPictures;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.Checkpoint;
import io.github.cvaegpu.train.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code report}: a page about runs. */
@Command(
    name = "report",
    description = {
      ReportCommand.WHAT,
      "Without --data, each run's map is of the test images that it was trained beside."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ReportCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Writes one HTML page about runs: curves to zoom into, settings side by side, and a latent"
          + " map on which the model draws. It needs no network.";

  private static final long SHOWN_SEED = 10;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Run directories, or folders of them.")
  private List<Path> folders;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "Where to write the page, over an earlier one. Default: ${DEFAULT-VALUE}.")
  private Path file;

  @Mixin private ReportMeasures measures;

  @Mixin private EngineOptions engineOptions;

  @Mixin private DataOptions dataOptions;

  private final Map<DataChoice, Optional<Dataset>> datasets = new HashMap<>();

  /** Test images of datasets as models of drawn targets are given them. */
  private final IdentityHashMap<ImageSet, ImageSet> drawn = new IdentityHashMap<>();

  /** What the models are made on: chosen with the first of them. */
  private Optional<EngineOptions.Chosen<VaeModel>> chosen = Optional.empty();

  @Override
  public Integer call() {
    engineOptions.check();
    measures.check();
    HtmlReport.requireReplaceable(file);
    List<Run> runs = folders.stream().flatMap(ReportCommand::runsIn).map(Run::read).toList();
    runs.forEach(this::requireOutside);
    List<Subject> subjects = new ArrayList<>();
    try {
      for (Run run : runs) {
        run.warnings().forEach(warning -> err().println("Warning: " + warning));
        subjects.add(subject(run));
      }
    } finally {
      chosen.ifPresent(EngineOptions.Chosen::close);
    }
    List<Section> sections = new ArrayList<>(measures.sections());
    sections.addAll(pictures(subjects));
    long bytes = new HtmlReport(subjects, sections).write(file);
    spec.commandLine()
        .getOut()
        .printf(Locale.ROOT, "%s, %.1f MB%n", file.toAbsolutePath().normalize(), bytes / 1e6);
    return ExitCode.OK;
  }

  /** Refuses a page among the pictures that a run's images are. */
  private void requireOutside(Run run) {
    DataChoice images = dataOptions.asked().orElseGet(run.record()::dataToLoad);
    Outside.requireOfPictures(file, images, "name another file with --out");
  }

  /** A run with its model, where there is one that can be drawn. */
  private Subject subject(Run run) {
    Optional<Posterior> posterior = run.checkpoint().flatMap(found -> posterior(run, found));
    boolean isOfUnknownSize =
        posterior.isEmpty() && run.checkpoint().stream().anyMatch(c -> c.images().size() == null);
    if (!isOfUnknownSize) {
      return new Subject(run, posterior);
    }
    err()
        .println(
            ("Warning: the checkpoint in %s does not say how high and wide its images are, so"
                    + " nothing is drawn of its model; --data names them.")
                .formatted(run.folder()));
    return new Subject(run.withoutModel(), posterior);
  }

  /** A run's folder itself, or the runs in a folder of them, by name. */
  private static Stream<Path> runsIn(Path folder) {
    if (Files.exists(RunDirectory.recordFile(folder)) || !Files.isDirectory(folder)) {
      return Stream.of(folder);
    }
    List<Path> inside;
    try (Stream<Path> files = Files.list(folder)) {
      inside = files.filter(file -> Files.exists(RunDirectory.recordFile(file))).sorted().toList();
    } catch (IOException e) {
      throw new InputException(
          "The folder %s cannot be read: %s.".formatted(folder, AtomicFile.reason(e)), e);
    }
    return inside.isEmpty() ? Stream.of(folder) : inside.stream();
  }

  /** Ten images and what the models make of them; none where figures cannot be drawn. */
  private List<Section> pictures(List<Subject> subjects) {
    if (Fonts.problem().isPresent()) {
      err().println("Warning: " + Fonts.problem().get() + ".");
      return List.of();
    }
    List<Block> pictures = new ArrayList<>();
    for (Figure figure : RunPictures.of(subjects, SHOWN_SEED)) {
      pictures.add(Picture.of(figure));
    }
    return pictures.isEmpty() ? List.of() : List.of(new Section("Pictures", pictures));
  }

  /** Of a run's test images; empty, with a warning, where they are not to be had. */
  private Optional<Posterior> posterior(Run run, Checkpoint checkpoint) {
    DataChoice choice = dataOptions.asked().orElseGet(checkpoint::dataToLoad);
    Optional<Dataset> dataset = datasets.computeIfAbsent(choice, this::load);
    if (dataset.isEmpty()) {
      return Optional.empty();
    }
    if (!checkpoint.takes(dataset.get().test())
        || (dataOptions.asked().isEmpty()
            && !dataset.get().sha256().equals(checkpoint.datasetSha256()))) {
      err()
          .println(
              "Warning: %s was trained on other images than those of %s, so its map has no dots."
                  .formatted(run.folder(), dataset.get().name()));
      return Optional.empty();
    }
    try (VaeModel model = model(checkpoint)) {
      Posterior posterior = Posterior.of(model, given(checkpoint, dataset.get().test()));
      measures.measure(run, checkpoint, model, posterior, err());
      return Optional.of(posterior);
    }
  }

  /** Drawn once, so that models of the same images are drawn beside each other. */
  private ImageSet given(Checkpoint checkpoint, ImageSet test) {
    return checkpoint.objective().targets().isDrawn()
        ? drawn.computeIfAbsent(test, checkpoint.plan()::given)
        : test;
  }

  private VaeModel model(Checkpoint checkpoint) {
    if (chosen.isPresent()) {
      return checkpoint.model(chosen.get().accelerator());
    }
    chosen = Optional.of(engineOptions.choose(checkpoint::model));
    chosen.get().tell(true, err());
    return chosen.get().first();
  }

  private Optional<Dataset> load(DataChoice choice) {
    try {
      return Optional.of(dataOptions.load(choice, err(), err(), true));
    } catch (InputException e) {
      if (dataOptions.asked().isPresent()) {
        throw e;
      }
      err().println("Warning: the latent map has no dots: " + e.getMessage());
      return Optional.empty();
    }
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
