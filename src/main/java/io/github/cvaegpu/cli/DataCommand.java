// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.Dataset;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.DownloadListener;
import io.github.cvaegpu.data.Sprites;
import io.github.cvaegpu.data.SyntheticDigits;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code cvae-gpu data}: lists the datasets, downloads one, or says where one is kept. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    description = DataCommand.WHAT,
    subcommands = {DataCommand.Listing.class, DataCommand.Fetch.class, DataCommand.Where.class})
final class DataCommand implements Callable<Integer> {
  /** The first sentence of its help, and its line in the program's. */
  static final String WHAT =
      "Lists the datasets: where each is, and whether its bytes are verified.";

  private final Supplier<DatasetLoader> loader;

  @Spec private CommandSpec spec;

  /** The command over the datasets of this process's environment. */
  DataCommand() {
    this(() -> new DatasetLoader(DataLocations.fromEnvironment()));
  }

  /**
   * The command over other datasets.
   *
   * @param loader called when a command runs, so that a bad environment spoils no help text
   */
  DataCommand(Supplier<DatasetLoader> loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() {
    DatasetLoader datasets = loader.get();
    row("NAME", "STATE", "TRAIN", "TEST", "PIXELS", "WHERE");
    listOne(DataLocations.FOLDER_VARIABLE, datasets::fromEnvironmentFolder, "");
    for (String name : datasets.downloadable()) {
      listOne(
          name,
          () -> datasets.cached(name),
          "%s (%s)".formatted(datasets.folder(name), Program.command("data", "fetch", name)));
    }
    row(
        SyntheticDigits.NAME,
        "built in",
        count(SyntheticDigits.TRAIN_IMAGES),
        count(SyntheticDigits.TEST_IMAGES),
        SyntheticDigits.SIDE + " x " + SyntheticDigits.SIDE,
        "drawn by the program");
    row(
        Sprites.NAME,
        "built in",
        count(Sprites.TRAIN_IMAGES),
        count(Sprites.TEST_IMAGES),
        Sprites.SIDE + " x " + Sprites.SIDE,
        "drawn by the program, with known factors");
    return ExitCode.OK;
  }

  /** Prints one row; where there is nothing, only if it says where to get it. */
  private void listOne(String name, Supplier<Optional<Dataset>> find, String ifAbsent) {
    try {
      Optional<Dataset> found = find.get();
      if (found.isPresent()) {
        Dataset data = found.get();
        row(
            name,
            data.status().name().toLowerCase(Locale.ROOT),
            count(data.train().size()),
            count(data.test().size()),
            data.train().height() + " x " + data.train().width(),
            data.origin());
      } else if (!ifAbsent.isEmpty()) {
        row(name, "absent", "-", "-", "-", ifAbsent);
      }
    } catch (InputException e) {
      row(name, "unusable", "-", "-", "-", e.getMessage());
    }
  }

  private void row(Object... cells) {
    spec.commandLine()
        .getOut()
        .println(String.format(Locale.ROOT, "%-14s %-10s %8s %8s %9s  %s", cells));
  }

  private static String count(int images) {
    return String.format(Locale.ROOT, "%,d", images);
  }

  /** {@code cvae-gpu data list}: what {@code cvae-gpu data} does. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the datasets, as without a command.")
  static final class Listing implements Callable<Integer> {
    @ParentCommand private DataCommand parent;

    @Override
    public Integer call() {
      return parent.call();
    }
  }

  /** {@code cvae-gpu data fetch NAME}. */
  @Command(
      name = "fetch",
      mixinStandardHelpOptions = true,
      description = "Downloads a dataset into the cache and verifies its bytes.",
      exitCodeListHeading = "Exit codes:%n",
      exitCodeList = {
        "0:the dataset is in the cache, verified",
        "1:it could not be had",
        "2:there is no such dataset"
      })
  static final class Fetch implements Callable<Integer> {
    @ParentCommand private DataCommand parent;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "mnist, fashion-mnist or kmnist (no default).")
    private String name;

    @Option(
        names = "--force",
        description = "Downloads also what is there already (default: ${DEFAULT-VALUE}).")
    private boolean force;

    @Override
    public Integer call() {
      DownloadListener lines = new DownloadLines(spec.commandLine().getErr(), false);
      DatasetLoader loader = parent.loader.get();
      Dataset data = Interruption.interruptibly(() -> loader.fetch(name, force, lines));
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s is in %s, verified: %,d training and %,d test images.%n",
              data.name(),
              data.origin(),
              data.train().size(),
              data.test().size());
      return ExitCode.OK;
    }
  }

  /** {@code cvae-gpu data path NAME}. */
  @Command(
      name = "path",
      mixinStandardHelpOptions = true,
      description = "Prints the folder that a dataset is cached in, whether or not it is there.")
  static final class Where implements Callable<Integer> {
    @ParentCommand private DataCommand parent;
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "mnist, fashion-mnist or kmnist (no default).")
    private String name;

    @Override
    public Integer call() {
      spec.commandLine().getOut().println(parent.loader.get().folder(name));
      return ExitCode.OK;
    }
  }
}
