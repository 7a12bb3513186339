// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.Spelling;
import io.github.cvaegpu.UnwritableException;
import io.github.cvaegpu.data.DataUnavailableException;
import io.github.cvaegpu.engine.DeviceLostException;
import io.github.cvaegpu.engine.EngineException;
import io.github.cvaegpu.engine.LossNotFiniteException;
import io.github.cvaegpu.engine.TooLittleMemoryException;
import io.github.cvaegpu.train.DivergedException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns failures into one sentence on standard error and an exit code. */
final class Failures {
  private static final String WHOLE_NUMBER = "a whole number";

  private Failures() {}

  /** For arguments that cannot be parsed. */
  static int badArguments(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(sentence(e));
    String[] words = (command.getCommandSpec().qualifiedName() + " --help").split(" ", -1);
    err.println("Try: " + Program.command(Arrays.copyOfRange(words, 1, words.length)));
    return ExitCode.BAD_INPUT;
  }

  /** What is wrong with an argument, in words of options and values. */
  static String sentence(ParameterException e) {
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
    if (e.getCause() instanceof TypeConversionException && e.getArgSpec() != null) {
      Optional<String> kind = kindOf(e.getArgSpec());
      if (kind.isPresent()) {
        if (e.getArgSpec().isMultiValue() && kind.get().equals(WHOLE_NUMBER)) {
          return "%s must be whole numbers with commas between, not '%s'."
              .formatted(name(e.getArgSpec()), e.getValue());
        }
        return kind.get().equals(WHOLE_NUMBER) && e.getValue().strip().matches("[-+]?\\d+")
            ? "%s %s is too large a number.".formatted(name(e.getArgSpec()), e.getValue().strip())
            : "%s must be %s, not '%s'.".formatted(name(e.getArgSpec()), kind.get(), e.getValue());
      }
    }
    String message = e.getMessage();
    return message.endsWith(".") ? message : message + ".";
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  /** What an argument's values are; empty where its own converter says that. */
  private static Optional<String> kindOf(ArgSpec argument) {
    if (argument.converters().length > 0) {
      return Optional.empty();
    }
    Class<?> type = argument.isMultiValue() ? argument.auxiliaryTypes()[0] : argument.type();
    if (type.isEnum()) {
      return Optional.of(
          Arrays.stream(type.getEnumConstants())
              .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(" or ")));
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return Optional.of(WHOLE_NUMBER);
    }
    if (type == double.class || type == Double.class) {
      return Optional.of("a number");
    }
    if (type == boolean.class || type == Boolean.class) {
      return Optional.of("alone, true or false");
    }
    return Optional.of("a name that files can have");
  }

  /** What a command says of a lost GPU that trains runs one after another. */
  static LostGpuException sameCommandGoesOn(DeviceLostException e) {
    return new LostGpuException(
        e.getMessage() + " Everything so far is kept. The same command goes on.", e);
  }

  /** For commands that could not do their work. */
  static int failed(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof StoppedException || isByShutdown(e)) {
      command.getErr().println(Interruption.sentence());
      return ExitCode.INTERRUPTED;
    }
    if (e instanceof InputException) {
      command.getErr().println(e.getMessage());
      return e instanceof UnwritableException
          ? ExitCode.TRY_AGAIN
          : e instanceof DataUnavailableException ? ExitCode.FAILED : ExitCode.BAD_INPUT;
    }
    if (e instanceof EngineException) {
      command.getErr().println(e.getMessage());
      return e instanceof LostGpuException || e instanceof TooLittleMemoryException
          ? ExitCode.TRY_AGAIN
          : ExitCode.FAILED;
    }
    if (e instanceof DivergedException || e instanceof LossNotFiniteException) {
      command.getErr().println(e.getMessage());
      return ExitCode.DIVERGED;
    }
    return crashed(e, command.getErr());
  }

  /** A JVM that is shutting down takes no more shutdown hooks, which classes of Java's make. */
  private static boolean isByShutdown(Exception e) {
    return Interruption.wasRequested()
        && !(e instanceof InputException)
        && !(e instanceof EngineException)
        && !(e instanceof DivergedException)
        && !(e instanceof LossNotFiniteException);
  }

  /** For what no user can be blamed for, but for a machine that is too small. */
  static int crashed(Throwable e, PrintWriter err) {
    if (e instanceof OutOfMemoryError) {
      err.println(
          "cvae-gpu ran out of memory (%s): CVAE_GPU_JAVA_OPTS=-Xmx8g would let it use 8 GB."
              .formatted(e.getMessage()));
      return ExitCode.TRY_AGAIN;
    } else {
      err.println("cvae-gpu failed in a way that it should not; please report this:");
      e.printStackTrace(err);
    }
    return ExitCode.FAILED;
  }
}
