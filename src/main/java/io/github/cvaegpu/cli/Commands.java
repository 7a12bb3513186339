// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The program's commands, in the order of its help. To read a command's options from its class
 * takes a JVM that has just started tens of milliseconds, so only those commands are made that the
 * words of the command line name.
 */
enum Commands {
  TRAIN("train", TrainCommand.WHAT),
  EVALUATE("evaluate", EvaluateCommand.WHAT),
  CALIBRATE("calibrate", CalibrateCommand.WHAT),
  REPRODUCE("reproduce", ReproduceCommand.WHAT),
  REPORT("report", ReportCommand.WHAT),
  EXPORT("export", ExportCommand.WHAT),
  DATA("data", DataCommand.WHAT),
  BENCH("bench", BenchCommand.WHAT),
  PROFILE("profile", ProfileCommand.WHAT),
  DOCTOR("doctor", DoctorCommand.WHAT),
  HELP("help", null);

  private final String word;

  /** What it does; a constant of its class, so that nothing loads that. Null for picocli's own. */
  private final String what;

  Commands(String word, String what) {
    this.word = word;
    this.what = what;
  }

  /** Adds every command. */
  static void addAll(CommandLine program) {
    for (Commands command : values()) {
      program.addSubcommand(command.word, command.make());
    }
  }

  /**
   * Adds what these arguments can lead to: the command that they begin with, or, where they begin
   * with none, all: those that they name, and of the others the name and the first sentence.
   */
  static void addFor(String[] args, CommandLine program) {
    for (Commands command : values()) {
      if (args.length > 0 && command.word.equals(args[0]) && command != HELP) {
        program.addSubcommand(command.word, command.make());
        return;
      }
    }
    for (Commands command : values()) {
      boolean isMade = command == HELP || command.isIn(args);
      program.addSubcommand(command.word, isMade ? command.make() : command.mention());
    }
  }

  private boolean isIn(String[] args) {
    for (String arg : args) {
      if (arg.equals(word)) {
        return true;
      }
    }
    return false;
  }

  private Object make() {
    return switch (this) {
      case TRAIN -> new TrainCommand();
      case EVALUATE -> new EvaluateCommand();
      case CALIBRATE -> new CalibrateCommand();
      case REPRODUCE -> new ReproduceCommand();
      case REPORT -> new ReportCommand();
      case EXPORT -> new ExportCommand();
      case DATA -> new DataCommand();
      case BENCH -> new BenchCommand();
      case PROFILE -> new ProfileCommand();
      case DOCTOR -> new DoctorCommand();
      case HELP -> new HelpCommand();
    };
  }

  private CommandSpec mention() {
    CommandSpec spec = CommandSpec.create().name(word);
    spec.usageMessage().description(what);
    return spec;
  }
}
