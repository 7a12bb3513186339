// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Spelling;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.DataUnavailableException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.train.DivergedException;
import java.io.PrintWriter;
import java.util.Collection;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns failures into one sentence on standard error and an exit code. */
final class Failures {
  private Failures() {}

  /** For arguments that cannot be parsed. */
  static int badArguments(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(sentence(e));
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.BAD_INPUT;
  }

  private static String sentence(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      boolean isOption = unmatched.isUnknownOption();
      CommandLine command = e.getCommandLine();
      Collection<String> known =
          isOption
              ? command.getCommandSpec().optionsMap().keySet()
              : command.getSubcommands().keySet();
      String unknown = "Unknown %s '%s'".formatted(isOption ? "option" : "argument", word);
      return Spelling.nearest(word, known)
          .map(nearest -> "%s; did you mean %s?".formatted(unknown, nearest))
          .orElse(unknown + ".");
    }
    String message = e.getMessage();
    return message.endsWith(".") ? message : message + ".";
  }

  /** For commands that could not do their work. */
  static int failed(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof InputException) {
      command.getErr().println(e.getMessage());
      return e instanceof DataUnavailableException || e instanceof UnwritableException
          ? ExitCode.FAILED
          : ExitCode.BAD_INPUT;
    }
    if (e instanceof EngineException) {
      command.getErr().println(e.getMessage());
      return ExitCode.FAILED;
    }
    if (e instanceof DivergedException) {
      command.getErr().println(e.getMessage());
      return ExitCode.DIVERGED;
    }
    return crashed(e, command.getErr());
  }

  /** For what no user can be blamed for, but for a machine that is too small. */
  static int crashed(Throwable e, PrintWriter err) {
    if (e instanceof OutOfMemoryError) {
      err.println(
          "cvae-gpu ran out of memory (%s): CVAE_GPU_JAVA_OPTS=-Xmx8g would let it use 8 GB."
              .formatted(e.getMessage()));
    } else {
      err.println("cvae-gpu failed in a way that it should not; please report this:");
      e.printStackTrace(err);
    }
    return ExitCode.FAILED;
  }
}
