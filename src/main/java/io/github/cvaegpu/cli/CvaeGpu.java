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
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
    name = "cvae-gpu",
    description = "Trains variational autoencoders whose KL divergence is held at a set point.",
    mixinStandardHelpOptions = true,
    versionProvider = CvaeGpu.Version.class,
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 bad option or input, 3 training diverged, 75 to be tried"
          + " again: stopped by SIGUSR1, the GPU lost to a run that had begun, out of memory, disk"
          + " full; 130 stopped by Ctrl-C or SIGTERM, 141 done, but whoever read the output had"
          + " closed it. What trains writes a checkpoint when it is stopped; of a lost GPU there is"
          + " the one before."
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
    String[] args = Names.arguments(asRead);
    // The program's own numbers name their locale; the libraries that it prints with ask this one.
    Locale.setDefault(Locale.ROOT);
    PrintWriter err = PrintableWriter.to(new OutputStreamWriter(System.err, System.err.charset()));
    var standardOutput = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    // Progress on a terminal redraws its line, which print writers of this program do not let pass.
    System.setOut(new PrintStream(standardOutput, true, System.out.charset()));
    var out = new OutputStreamWriter(standardOutput, System.out.charset());
    Interruption.watch(err);
    CommonPool.claim();
    String complaint = Names.complaint(args, System.getenv());
    if (complaint != null) {
      err.println(complaint);
      Interruption.exit(ExitCode.BAD_INPUT);
    }
    int code;
    try {
      code = run(args, out, err, CvaeGpu::watch);
    } catch (RuntimeException | Error e) {
      // Without an exit here, a shutdown that waits for the run would wait for ever.
      code = Failures.crashed(e, err);
    }
    Interruption.exit(standardOutput.exitCode(code, err));
  }

  private static void watch() {
    LauncherWatch.start(Interruption::userSignal);
  }

  /** Runs a command in a process that is not the program's alone. */
  static int run(String[] args, Writer out, Writer err) {
    return run(args, out, err, () -> {});
  }

  /**
   * Runs a command.
   *
   * @param out takes what is printed; flushed at the end
   * @param err takes messages; flushed after each line
   * @param begun run before anything is done but to print help or to refuse the arguments, which
   *     are answered before it would be over
   */
  private static int run(String[] args, Writer out, Writer err, Runnable begun) {
    PrintWriter printableOut = PrintableWriter.to(out);
    int code =
        commandLine(args)
            .setOut(printableOut)
            .setErr(PrintableWriter.to(err))
            .setExecutionStrategy(parsed -> execute(parsed, begun))
            .execute(args);
    printableOut.flush();
    return code;
  }

  private static int execute(ParseResult parsed, Runnable begun) {
    boolean asksForHelp = false;
    for (CommandLine command : parsed.asCommandLineList()) {
      ParseResult words = command.getParseResult();
      asksForHelp |= words.isUsageHelpRequested() || words.isVersionHelpRequested();
    }
    if (!asksForHelp) {
      begun.run();
    }
    return new RunLast().execute(parsed);
  }

  /** The program with all commands. */
  static CommandLine commandLine() {
    var line = new CommandLine(new CvaeGpu());
    Commands.addAll(line);
    return withManners(line);
  }

  /** The program as far as these arguments need it. */
  private static CommandLine commandLine(String[] args) {
    var line = new CommandLine(new CvaeGpu());
    Commands.addFor(args, line);
    return withManners(line);
  }

  /** One command alone. */
  static CommandLine commandLine(Object command) {
    return withManners(new CommandLine(command));
  }

  private static CommandLine withManners(CommandLine line) {
    CommandOptions.fit(line);
    OptionHeadings.fit(line);
    if (line.getCommand() instanceof CvaeGpu) {
      line.getHelpSectionMap().remove(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING);
      line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, Commands::list);
    }
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
