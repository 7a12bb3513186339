// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The program's commands, in the order of its help. To read a command's options from its class
 * takes a JVM that has just started tens of milliseconds, so only those commands are made that the
 * words of the command line name.
 */
enum Commands {
  TRAIN(Group.TRAIN, "train", TrainCommand.WHAT),
  CALIBRATE(Group.TRAIN, "calibrate", CalibrateCommand.WHAT),
  SWEEP(Group.TRAIN, "sweep", SweepCommand.WHAT),
  REPRODUCE(Group.TRAIN, "reproduce", ReproduceCommand.WHAT),
  EVALUATE(Group.LOOK, "evaluate", EvaluateCommand.WHAT),
  REPORT(Group.LOOK, "report", ReportCommand.WHAT),
  SERVE(Group.LOOK, "serve", ServeCommand.WHAT),
  VERIFY(Group.LOOK, "verify", VerifyCommand.WHAT),
  ENCODE(Group.USE, "encode", EncodeCommand.WHAT),
  DECODE(Group.USE, "decode", DecodeCommand.WHAT),
  RECONSTRUCT(Group.USE, "reconstruct", ReconstructCommand.WHAT),
  SAMPLE(Group.USE, "sample", SampleCommand.WHAT),
  TRAVERSE(Group.USE, "traverse", TraverseCommand.WHAT),
  INTERPOLATE(Group.USE, "interpolate", InterpolateCommand.WHAT),
  SCORE(Group.USE, "score", ScoreCommand.WHAT),
  EXPORT(Group.USE, "export", ExportCommand.WHAT),
  DATA(Group.MACHINE, "data", DataCommand.WHAT),
  DOCTOR(Group.MACHINE, "doctor", DoctorCommand.WHAT),
  BENCH(Group.MACHINE, "bench", BenchCommand.WHAT),
  PROFILE(Group.MACHINE, "profile", ProfileCommand.WHAT),
  HELP(Group.MACHINE, "help", null);

  /** Commands that stand together in the program's help. */
  private enum Group {
    TRAIN("Train"),
    LOOK("Look at runs"),
    USE("Use a trained model"),
    MACHINE("Data and machine");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    private String first() {
      return Stream.of(Commands.values())
          .filter(command -> command.group == this)
          .map(command -> command.word)
          .findFirst()
          .orElseThrow();
    }
  }

  private final Group group;
  private final String word;

  /** What it does; a constant of its class, so that nothing loads that. Null for picocli's own. */
  private final String what;

  Commands(Group group, String word, String what) {
    this.group = group;
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

  /** The list in the program's help, with a title over each group. */
  static String list(Help help) {
    var list = new StringBuilder();
    for (String line : help.commandList(help.subcommands()).lines().toList()) {
      Stream.of(Group.values())
          .filter(group -> line.startsWith("  " + group.first() + " "))
          .forEach(group -> list.append(group.title).append(':').append(System.lineSeparator()));
      list.append(line).append(System.lineSeparator());
    }
    return list.toString();
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
      case SWEEP -> new SweepCommand();
      case REPRODUCE -> new ReproduceCommand();
      case REPORT -> new ReportCommand();
      case SERVE -> new ServeCommand();
      case EXPORT -> new ExportCommand();
      case ENCODE -> new EncodeCommand();
      case DECODE -> new DecodeCommand();
      case SAMPLE -> new SampleCommand();
      case TRAVERSE -> new TraverseCommand();
      case INTERPOLATE -> new InterpolateCommand();
      case RECONSTRUCT -> new ReconstructCommand();
      case SCORE -> new ScoreCommand();
      case VERIFY -> new VerifyCommand();
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
