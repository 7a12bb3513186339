// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.train.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** What the command line says to arguments, before anything is trained. */
class CvaeGpuTest {
  private static final int COLUMNS = 120;

  @TempDir static Path temp;
  private static Path images;

  @BeforeAll
  static void writeImages() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
  }

  static Stream<CommandLine> commands() {
    List<CommandLine> found = new ArrayList<>();
    collect(CvaeGpu.commandLine(), found);
    return found.stream();
  }

  private static void collect(CommandLine command, List<CommandLine> found) {
    found.add(command);
    command.getSubcommands().values().forEach(sub -> collect(sub, found));
  }

  @Test
  void thereAreTheCommandsOfTheManual() {
    assertEquals(
        List.of(
            "cvae-gpu",
            "cvae-gpu train",
            "cvae-gpu calibrate",
            "cvae-gpu sweep",
            "cvae-gpu reproduce",
            "cvae-gpu evaluate",
            "cvae-gpu report",
            "cvae-gpu serve",
            "cvae-gpu verify",
            "cvae-gpu encode",
            "cvae-gpu decode",
            "cvae-gpu reconstruct",
            "cvae-gpu sample",
            "cvae-gpu traverse",
            "cvae-gpu interpolate",
            "cvae-gpu score",
            "cvae-gpu export",
            "cvae-gpu data",
            "cvae-gpu data list",
            "cvae-gpu data fetch",
            "cvae-gpu data path",
            "cvae-gpu doctor",
            "cvae-gpu bench",
            "cvae-gpu profile",
            "cvae-gpu help"),
        commands().map(command -> command.getCommandSpec().qualifiedName()).toList());
  }

  /** What is asked of the program makes only the commands that are named: nobody can tell. */
  @ParameterizedTest
  @MethodSource("commands")
  void eachHelpIsThatOfTheProgramWithAllCommands(CommandLine command) {
    String[] words = command.getCommandSpec().qualifiedName().split(" ", -1);
    List<String> asked = new ArrayList<>(List.of(words).subList(1, words.length));
    asked.add("--help");
    assertEquals(command.getUsageMessage(), CommandRun.of(asked).succeeded().out());
    if (words.length == 2 && !words[1].equals("help")) {
      assertEquals(command.getUsageMessage(), CommandRun.of("help", words[1]).succeeded().out());
    }
  }

  @Test
  void aCommandThatIsMisspeltIsKnownAllTheSame() {
    assertEquals("Unknown argument 'trian'; did you mean train?", CommandRun.of("trian").refusal());
    assertEquals(
        "Unknown argument 'trian'; did you mean train?",
        CommandRun.of("trian", "--out", "images").refusal());
  }

  /** A title that none of the options follows would be missing, and its group under another. */
  @Test
  void theOptionsOfTrainHaveTitles() {
    List<String> help = CommandRun.of("train", "--help").succeeded().out().lines().toList();
    OptionHeadings.TRAIN.forEach(
        (option, title) -> {
          int at = help.indexOf(title);
          assertTrue(at > 0, title);
          assertTrue(help.get(at + 1).strip().startsWith(option), help.get(at + 1));
        });
    assertFalse(CommandRun.of("bench", "--help").succeeded().out().contains("What decides beta:"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void theHelpFitsAScreen(CommandLine command) {
    for (String line : command.getUsageMessage().lines().toList()) {
      assertTrue(line.length() <= COLUMNS, line);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionHasOneLineThatNamesItsDefault(CommandLine command) {
    List<String> help = command.getUsageMessage().lines().toList();
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (option.hidden()) {
        continue; // For tests, not for users.
      }
      String name = option.longestName();
      List<String> lines =
          help.stream()
              .filter(line -> line.matches(" +(-\\w, )?" + name + "([ =\\[].*)?"))
              .toList();
      assertEquals(1, lines.size(), name + " in " + help);
      if (!option.usageHelp() && !option.versionHelp()) {
        assertTrue(lines.getFirst().toLowerCase(Locale.ROOT).contains("default:"), name);
        // The whole description is in that line: it was neither wrapped nor cut off.
        String end = String.join(" ", option.description());
        end = end.substring(end.lastIndexOf(' ') + 1).replace("${DEFAULT-VALUE}", "");
        String text = lines.getFirst().stripTrailing();
        assertTrue(text.endsWith(end) || text.matches(".*\\(?[Dd]efault: \\w+\\)?\\."), text);
      }
    }
    for (ArgSpec parameter : command.getCommandSpec().positionalParameters()) {
      assertFalse(String.join("", parameter.description()).isBlank(), parameter.paramLabel());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "hold, --kl, 9.97",
    "pi, --kl, 9.97",
    "capacity, --kl, 9.97",
    "dynamic, --kl, 9.97",
    "pi, --kp, 0.01",
    "dynamic, --kp, 0.01",
    "pi, --ki, 0.0001",
    "pi, --beta-min, 0.01",
    "pi, --beta-max, 10",
    "pi, --anti-windup, directional",
    "constant, --beta, 1",
    "warm-up, --beta, 1",
    "cyclical, --beta, 1",
    "free-bits, --beta, 1",
    "free-bits, --free-nats, 0.5",
    "capacity, --gamma, 1000",
    "capacity, --ramp-steps, 10000",
    "warm-up, --ramp-steps, 10000",
    "dynamic, --ramp-steps, 10000",
    "cyclical, --cycles, 4",
    "cyclical, --cycle-steps, 2500",
    "cyclical, --cycle-ramp, 0.5",
    "geco, --rl, 140",
    "geco, --geco-rate, 0.0001",
    "geco, --geco-decay, 0.99",
    "hold, --epochs, 200",
    "hold, --batch, 128",
    "hold, --lr, 0.001",
    "hold, --latent, 2",
    "hold, --hidden, '400,50'",
    "hold, --seed, 0"
  })
  void theDefaultThatTheHelpNamesIsTaken(String rule, String option, String value) {
    CommandLine train = CvaeGpu.commandLine().getSubcommands().get("train");
    String description = String.join("", train.getCommandSpec().findOption(option).description());
    assertTrue(
        description.endsWith("Default: " + value + ".")
            || description.contains("Default: " + value + ", or "),
        description);
    assertEquals(plan("--control", rule), plan("--control", rule, option, value));
  }

  @ParameterizedTest
  @CsvSource({"--ki, 0.005", "--beta-min, 0.1", "--beta-max, 100"})
  void theSecondDefaultIsTheDynamicVaes(String option, String value) {
    CommandLine train = CvaeGpu.commandLine().getSubcommands().get("train");
    String description = String.join("", train.getCommandSpec().findOption(option).description());
    assertTrue(description.endsWith(", or " + value + "."), description);
    assertEquals(plan("--control", "dynamic"), plan("--control", "dynamic", option, value));
  }

  private static TrainingPlan plan(String... options) {
    var plan = new PlanOptions();
    new CommandLine(plan).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(options);
    return plan.plan();
  }

  /** Whatever the option: its value is refused in words of values, not of Java's types. */
  @ParameterizedTest
  @MethodSource("commands")
  void aBadValueOfAnyOptionIsToldWithoutJava(CommandLine command) {
    for (ArgSpec argument : command.getCommandSpec().args()) {
      if (argument.inherited()) {
        continue;
      }
      String bad = "no\u0000such";
      List<String> args = new ArrayList<>();
      if (argument instanceof OptionSpec option) {
        args.add(option.longestName() + "=" + bad);
      } else {
        args.add(bad);
      }
      try {
        command.parseArgs(args.toArray(new String[0]));
      } catch (ParameterException e) {
        String sentence = Failures.sentence(e);
        assertFalse(
            sentence.matches(
                "(?s).*(\\b(ints?|longs?|doubles?|float|boolean|enum|String|Integer|null)\\b"
                    + "|java|Exception|[A-Z]{2,}, |\\[[A-Z]).*"),
            sentence);
        assertTrue(sentence.matches("(?s).*[.?]"), sentence);
        continue;
      }
      Class<?> type = argument.isMultiValue() ? argument.auxiliaryTypes()[0] : argument.type();
      assertEquals(String.class, type, argument + " takes anything");
    }
  }

  @Test
  void helpShowsNothingThatIsRefused() {
    CommandLine program = CvaeGpu.commandLine();
    for (String command : List.of("calibrate", "bench", "profile")) {
      String help = program.getSubcommands().get(command).getUsageMessage();
      assertFalse(help.contains(" --epochs"), help);
      assertTrue(help.contains(" --lr"), help);
    }
    String help = program.getSubcommands().get("calibrate").getUsageMessage();
    assertFalse(help.contains(" --control") || help.contains(" --beta="), help);
    help = program.getSubcommands().get("profile").getUsageMessage();
    assertFalse(help.contains(" --engine") || help.contains(" --threads"), help);
    for (String command : List.of("evaluate", "report")) {
      help = program.getSubcommands().get(command).getUsageMessage();
      assertFalse(help.contains(" --step") || help.contains(" --tune"), help);
      assertTrue(help.contains(" --precision"), help);
    }
  }

  /** What is there in another form is still in its place. */
  @Test
  void optionsStayInTheirOrder() {
    String help = CommandRun.of("profile", "--help").succeeded().out();
    assertTrue(help.indexOf(" --control=") < help.indexOf(" --kl=NATS "), help);
    assertTrue(help.indexOf(" --kl=NATS ") < help.indexOf(" --kp="), help);
  }

  @Test
  void theHelpSaysWhichDataARunIsScoredOn() {
    for (String command : List.of("evaluate", "report")) {
      String help = CommandRun.of(command, "--help").succeeded().out();
      assertTrue(help.contains(" a path. Default: the run's.\n"), help);
    }
    assertTrue(
        CommandRun.of("evaluate", "--help")
            .out()
            .contains("; without --split, on its test images"));
  }

  @Test
  void theHelpSaysWhatALostGpuEndsWith() {
    assertTrue(CommandRun.of("--help").succeeded().out().contains("75 to be tried again: stopped"));
  }

  @Test
  void aWordWithAnAtSignIsNotAFileOfWords() throws IOException {
    Path file = Files.writeString(temp.resolve("options"), "--version");
    assertEquals(
        "@" + file + " holds no run: there is no run.json.",
        CommandRun.of("evaluate", "@" + file).refusal());
  }

  @Test
  void commandsStandInGroups() {
    List<String> lines = CommandRun.of("--help").succeeded().out().lines().toList();
    List<String> titles = lines.stream().filter(line -> line.matches("[A-Z][a-z ]+:")).toList();
    assertEquals(
        List.of("Train:", "Look at runs:", "Use a trained model:", "Data and machine:"), titles);
    int use = lines.indexOf("Use a trained model:");
    assertTrue(lines.get(use + 1).startsWith("  encode "), lines.get(use + 1));
    for (CommandLine command : CvaeGpu.commandLine().getSubcommands().values()) {
      assertEquals(
          1,
          lines.stream()
              .filter(line -> line.matches("  " + command.getCommandName() + "( .*)?"))
              .count(),
          command.getCommandName());
    }
  }

  @Test
  void withoutACommandItSaysWhichThereAre() {
    String help = CommandRun.of().succeeded().out();
    assertEquals(help, CommandRun.of("--help").succeeded().out());
    for (String command : List.of("train", "evaluate", "data", "doctor")) {
      assertTrue(help.contains("\n  " + command), help);
    }
    assertEquals("cvae-gpu development\n", CommandRun.of("--version").succeeded().out());
  }

  @ParameterizedTest
  @CsvSource({
    "--epoch, --epochs",
    "--ephocs, --epochs",
    "--batchs, --batch",
    "--treads, --threads",
    "--beta-mx, --beta-max",
    "--antiwindup, --anti-windup",
    "--resum, --resume",
    "--Seed, --seed",
    "--checkpoint, --checkpoint-every",
    "--checkpoint-evry, --checkpoint-every"
  })
  void anUnknownOptionNamesTheNearestOne(String word, String nearest) {
    String refusal = CommandRun.of("train", word, "3").refusal();
    assertEquals("Unknown option '" + word + "'; did you mean " + nearest + "?", refusal);
  }

  @Test
  void aWordThatIsLikeNoOptionGetsNoGuess() {
    assertEquals("Unknown option '--optimizer'.", CommandRun.of("train", "--optimizer").refusal());
  }

  @Test
  void anUnknownCommandNamesTheNearestOne() {
    assertEquals("Unknown argument 'trian'; did you mean train?", CommandRun.of("trian").refusal());
    assertEquals("Unknown argument 'now'.", CommandRun.of("train", "now").refusal());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--epochs 0 | The number of epochs must be 1 or more, not 0.",
        "--epochs -5 | The number of epochs must be 1 or more, not -5.",
        "--epochs 1.5 | --epochs must be a whole number, not '1.5'.",
        "--epochs 99999999999 | --epochs 99999999999 is too large a number.",
        "--seed 99999999999999999999 | --seed 99999999999999999999 is too large a number.",
        "--epochs | Missing required parameter for option '--epochs' (N).",
        "--batch 0 | The batch size must be 1 or more, not 0.",
        "--batch 301 | A batch of 301 does not fit the 300 training images: take a smaller one.",
        "--lr 0 | The learning rate must be a positive number, not 0.0.",
        "--lr -1e-3 | The learning rate must be a positive number, not -0.001.",
        "--lr NaN | The learning rate must be a positive number, not NaN.",
        "--lr 1e999 | The learning rate must be a positive number, not Infinity.",
        "--lr fast | --lr must be a number, not 'fast'.",
        "--latent 0 | The number of latent dimensions must be from 1 to 1024, not 0.",
        "--hidden 20,0 | A hidden width must be from 1 to 65536, not 0.",
        "--hidden 20,x | --hidden must be whole numbers with commas between, not 'x'.",
        "--hidden 20,,10 | *",
        "--hidden , | --hidden must be whole numbers with commas between, not ','.",
        "--hidden 400, | --hidden must be whole numbers with commas between, not '400,'.",
        "--hidden 65536,65536 | The network is too large: its parameters do not fit in 2 GiB.",
        "--seed 1e3 | --seed must be a whole number, not '1e3'.",
        "--calibration-epochs 3 | --calibration-epochs is for --kl auto, which measures --kl"
            + " first.",
        "--kl 0 | The KL set point must be a finite number of nats above 0, not 0.0.",
        "--kp -1 | The proportional gain Kp must be a finite number, 0 or more, not -1.0.",
        "--ki NaN | The integral gain Ki must be a finite number, 0 or more, not NaN.",
        "--beta-min 3 --beta-max 2 | The upper limit of beta (2.0) must be above the lower limit"
            + " (3.0).",
        "--anti-windup no | *",
        "--control vae | Invalid value for option '--control': 'vae' is none of hold, constant, pi,"
            + " warm-up, cyclical, capacity, free-bits, geco and dynamic.",
        "--control constant --beta -1 | Beta must be zero or a positive number, not -1.0.",
        "--control pi --beta 4 | --beta has no effect with --control pi: it is for constant,"
            + " warm-up, cyclical and free-bits.",
        "--beta 4 --kl 9 | No rule knows --kl and --beta together: leave out what belongs to"
            + " another.",
        "--control constant --kl 9 | --kl has no effect with --control constant: it is for hold,"
            + " pi, capacity and dynamic.",
        "--control hold --ki 1 | --ki has no effect with --control hold: it is for pi and dynamic.",
        "--control constant --anti-windup study | --anti-windup has no effect with --control"
            + " constant: it is for pi.",
        "--control pi --kl-schedule 5:9 | --kl-schedule has no effect with --control pi: it is for"
            + " hold.",
        "--kl-schedule 5 | Invalid value for option '--kl-schedule' (STEP:NATS,...): '5' is no"
            + " STEP:NATS such as 5000:20 or 5000:20,9000:15.",
        "--kl-schedule 5:x | Invalid value for option '--kl-schedule' (STEP:NATS,...): '5:x' is no"
            + " STEP:NATS such as 5000:20 or 5000:20,9000:15.",
        "--kl-schedule 9:5,7:6 | A schedule of set points goes forwards, but its change at step 7"
            + " is named behind that at step 9.",
        "--kl-schedule 1:5 | Invalid value for option '--kl-schedule' (STEP:NATS,...): A change of"
            + " the set point is at step 2 or later, not at step 1: the first step has that of"
            + " --kl.",
        "--kl-schedule 5:-1 | Invalid value for option '--kl-schedule' (STEP:NATS,...): The KL set"
            + " point must be a finite number of nats above 0, not -1.0.",
        "--gamma 0 | Gamma must be positive and finite as a 32-bit float, not 0.0.",
        "--free-nats -1 | The free nats of a latent dimension must be zero, or positive and finite"
            + " as a 32-bit float, which -1.0 is not.",
        "--free-nats 2 --kl 3 | No rule knows --kl and --free-nats together: leave out what belongs"
            + " to another.",
        "--ramp-steps 0 | The number of steps of a warm-up must be 1 or more, not 0.",
        "--cycles 0 | The number of cycles must be 1 or more, not 0.",
        "--cycle-steps -5 | The number of steps of a cycle must be 1 or more, not -5.",
        "--cycle-ramp 2 | The part of a cycle in which beta rises must be above 0 and at most 1,"
            + " not 2.0.",
        "--rl 0 | The reconstruction loss to hold must be above 0, not 0: of the likelihood"
            + " bernoulli none is below.",
        "--rl -5 --sigma 1 | The reconstruction loss to hold must be above 0, not -5: of the"
            + " likelihood gaussian, sigma 1 none is below.",
        "--rl NaN --sigma learned | The reconstruction loss to hold must be a finite number, not"
            + " NaN.",
        "--control geco --likelihood continuous-bernoulli | --control geco needs an --rl under the"
            + " likelihood continuous-bernoulli: 140 is a loss under bernoulli.",
        "--geco-rate 0.1 --sigma 0.1 | --control geco needs an --rl under the likelihood gaussian,"
            + " sigma 0.1: 140 is a loss under bernoulli.",
        "--geco-rate -1 | The rate of GECO's weight must be a finite number above 0, not -1.0.",
        "--geco-decay 1 | The decay of GECO's moving average must be 0 or more and below 1, not"
            + " 1.0.",
        "--threads 0 | --threads must be from 1 to 256, not 0.",
        "--threads 257 | --threads must be from 1 to 256, not 257.",
        "--engine gpu | --engine must be auto or cuda or cpu, not 'gpu'.",
        "--engine cpu --precision tf32 | --precision tf32 is for GPUs: the CPU engine has float32"
            + " alone.",
        "--engine cpu --step fused | --step fused is for GPUs.",
        "--engine cpu --tune force | --tune force is for GPUs.",
        "--engine cpu --tune on | --tune on is for GPUs.",
        "--step fused --precision tf32 | --step fused computes in float32 alone, not in tf32.",
        "--step persistent | --step must be auto or fused or cublas, not 'persistent'.",
        "--tune always | --tune must be off or on or force, not 'always'.",
        "--cuda-emulator /absent | --cuda-emulator names /absent, which is no folder.",
        "--checkpoint-every 10 | *",
        "--checkpoint-every 0s | *",
        "--resume | *",
      })
  void aBadOptionIsOneSentence(String options, String sentence) throws IOException {
    Path run = temp.resolve("never");
    List<String> args = new ArrayList<>(List.of("train", "--data", images.toString()));
    args.addAll(List.of("--out", run.toString()));
    args.addAll(List.of(options.split(" ", -1)));
    String refusal = CommandRun.of(args).refusal();
    assertTrue(sentence.equals("*") || sentence.equals(refusal), refusal);
    // What can be seen to be bad leaves nothing behind.
    assertFalse(Files.exists(run), options);
  }

  @Test
  void resumingNeedsARun() {
    assertEquals(
        "--resume needs --out DIR, the run directory to go on with.",
        CommandRun.of("train", "--resume").refusal());
    Path absent = temp.resolve("absent");
    assertEquals(
        absent + " holds no run: there is no run.json.",
        CommandRun.of("train", "--resume", "--out", absent.toString()).refusal());
    assertFalse(Files.exists(absent));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "evaluate | Missing required parameter: 'MODEL'.",
        "evaluate /absent | /absent holds no run: there is no run.json.",
        "evaluate /tmp --samples 0 | --samples must be from 1 to 1000000, not 0.",
        "evaluate /tmp --samples 1000001 | --samples must be from 1 to 1000000, not 1000001.",
        "evaluate /tmp --split all | *",
        "evaluate /tmp --threads 999 | --threads must be from 1 to 256, not 999.",
        "evaluate /tmp --step fused | Unknown option '--step'.",
        "report /tmp --tune off | *",
        "export | Missing required parameter: 'MODEL'.",
        "export /tmp --onnx | *",
        "export /tmp --data mnist | *",
        "reproduce --lr 0.1, | --lr must be a number, not '0.1,'.",
        "reproduce --set-points 3, | --set-points must be a number, not '3,'.",
        "doctor --cuda-emulator /absent | --cuda-emulator names /absent, which is no folder.",
        "train --data nosuchdata | *",
        "train --data /absent/images | *",
        "train --lr 1 --lr 2 | *",
        "doctor now | Unknown argument 'now'.",
      })
  void otherCommandsRefuseAsWell(String args, String sentence) {
    String refusal = CommandRun.of(List.of(args.split(" ", -1))).refusal();
    assertTrue(sentence.equals("*") || sentence.equals(refusal), refusal);
  }
}
