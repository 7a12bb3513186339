// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.launcher.LauncherWatch;
import io.github.cvaegpu.launcher.Names;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
    name = "cvae-gpu",
    description = "Trains variational autoencoders whose KL divergence is held at a set point.",
    mixinStandardHelpOptions = true,
    versionProvider = CvaeGpu.Version.class,
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      CalibrateCommand.class,
      ReproduceCommand.class,
      ReportCommand.class,
      DataCommand.class,
      BenchCommand.class,
      ProfileCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 bad option or input, 3 training diverged, 75 stopped by"
          + " SIGUSR1 and 130 by Ctrl-C or SIGTERM, both after writing a checkpoint."
    })
public final class CvaeGpu implements Runnable {
  private static final int HELP_WIDTH = 120;
  private static final int OPTION_WIDTH = 40;

  @Spec private CommandSpec spec;

  /** The program's version. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {Program.nameAndVersion()};
    }
  }

  /** Runs the program and exits with its exit code. */
  public static void main(String[] asRead) {
    LauncherWatch.start(Interruption::userSignal);
    String[] args = Names.arguments(asRead);
    // The program's own numbers name their locale; the libraries that it prints with ask this one.
    Locale.setDefault(Locale.ROOT);
    var err = new PrintWriter(System.err, true, System.err.charset());
    String complaint = Names.complaint(args, System.getenv());
    if (complaint != null) {
      err.println(complaint);
      Interruption.exit(ExitCode.BAD_INPUT);
    }
    int code;
    try {
      code = run(args, new PrintWriter(System.out, true, System.out.charset()), err);
    } catch (Error e) {
      // Without an exit here, a shutdown that waits for the run would wait for ever.
      code = Failures.crashed(e, err);
    }
    Interruption.exit(code);
  }

  /** Runs a command. */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return commandLine(new CvaeGpu()).setOut(out).setErr(err).execute(args);
  }

  /** A command line with this program's manners. */
  static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setUsageHelpWidth(HELP_WIDTH)
        .setUsageHelpLongOptionsMaxWidth(OPTION_WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Failures::badArguments)
        .setExecutionExceptionHandler(Failures::failed);
  }

  /** Without a command: says which there are. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
