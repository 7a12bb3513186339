// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataUnavailableException;
import io.github.cvaegpu.train.DivergedException;
import java.io.PrintWriter;
import java.util.List;
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
      List<String> suggestions = unmatched.getSuggestions();
      String what = unmatched.isUnknownOption() ? "option" : "argument";
      return suggestions.isEmpty()
          ? "Unknown %s '%s'.".formatted(what, word)
          : "Unknown %s '%s'; did you mean %s?"
              .formatted(what, word, nameOnly(suggestions.getFirst()));
    }
    String message = e.getMessage();
    return message.endsWith(".") ? message : message + ".";
  }

  /** picocli suggests options with their parameter labels. */
  private static String nameOnly(String suggestion) {
    return suggestion.split("[=\\[ ]", 2)[0];
  }

  /** For commands that could not do their work. */
  static int failed(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof InputException) {
      command.getErr().println(e.getMessage());
      return e instanceof DataUnavailableException ? ExitCode.FAILED : ExitCode.BAD_INPUT;
    }
    if (e instanceof DivergedException) {
      command.getErr().println(e.getMessage());
      return ExitCode.DIVERGED;
    }
    command.getErr().println("cvae-gpu failed in a way that it should not; please report this:");
    e.printStackTrace(command.getErr());
    return ExitCode.FAILED;
  }
}
