// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.Program;
import io.github.cvaegpu.launcher.LauncherWatch;
import io.github.cvaegpu.launcher.Names;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
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
          + " SIGUSR1 and 130 by Ctrl-C or SIGTERM (what trains has written a checkpoint), 141"
          + " done, but whoever read the output had closed it."
    })
public final class CvaeGpu implements Runnable {
  private static final int HELP_WIDTH = 120;
  private static final int OPTION_WIDTH = 40;

  @Spec private CommandSpec spec;

  /** The program's version. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {Program.nameVersionAndCommit()};
    }
  }

  /** Runs the program and exits with its exit code. */
  public static void main(String[] asRead) {
    LauncherWatch.start(Interruption::userSignal);
    String[] args = Names.arguments(asRead);
    // The program's own numbers name their locale; the libraries that it prints with ask this one.
    Locale.setDefault(Locale.ROOT);
    PrintWriter err = PrintableWriter.to(new OutputStreamWriter(System.err, System.err.charset()));
    var standardOutput = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    // Progress on a terminal redraws its line, which print writers of this program do not let pass.
    System.setOut(new PrintStream(standardOutput, true, System.out.charset()));
    var out = new OutputStreamWriter(standardOutput, System.out.charset());
    Interruption.watch(err);
    String complaint = Names.complaint(args, System.getenv());
    if (complaint != null) {
      err.println(complaint);
      Interruption.exit(ExitCode.BAD_INPUT);
    }
    int code;
    try {
      code = run(args, out, err);
    } catch (RuntimeException | Error e) {
      // Without an exit here, a shutdown that waits for the run would wait for ever.
      code = Failures.crashed(e, err);
    }
    Interruption.exit(standardOutput.exitCode(code, err));
  }

  /**
   * Runs a command.
   *
   * @param out takes what is printed; flushed at the end
   * @param err takes messages; flushed after each line
   */
  static int run(String[] args, Writer out, Writer err) {
    PrintWriter printableOut = PrintableWriter.to(out);
    int code =
        commandLine(new CvaeGpu())
            .setOut(printableOut)
            .setErr(PrintableWriter.to(err))
            .execute(args);
    printableOut.flush();
    return code;
  }

  /** A command line with this program's manners. */
  static CommandLine commandLine(Object command) {
    var line = new CommandLine(command);
    PlanOptions.hideRefused(line);
    return line.setUsageHelpWidth(HELP_WIDTH)
        .setUsageHelpLongOptionsMaxWidth(OPTION_WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        // A word that begins with @ is the name of a folder like any other.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler(Failures::badArguments)
        .setExecutionExceptionHandler(Failures::failed);
  }

  /** Without a command: says which there are. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
