// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.TinyImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What commands print and write is the same bytes in every locale: decimal points, commas between
 * thousands, ASCII digits. {@code main} sets the root locale; here the commands run without that.
 */
@Isolated("It changes the locale of the process")
class LocaleTest {
  private static final List<Locale> OTHERS =
      List.of(
          new Locale.Builder().setLanguage("ar").setRegion("EG").build(),
          new Locale.Builder().setLanguage("de").setRegion("DE").build());

  @TempDir static Path temp;
  private static Path images;
  private static Path run;

  private final Locale before = Locale.getDefault();

  @BeforeAll
  static void trainOnce() throws IOException {
    images = TinyImages.writeFolder(temp.resolve("images"), 1);
    run = temp.resolve("run");
    CommandRun.of(train("--out", run.toString())).succeeded();
  }

  @AfterEach
  void putBack() {
    Locale.setDefault(before);
  }

  private static List<String> train(String... options) {
    List<String> args = new ArrayList<>(List.of("train", "--data", images.toString()));
    args.addAll(List.of("--engine", "cpu", "--threads", "1", "--batch", "8"));
    args.addAll(List.of("--epochs", "40", "--hidden", "8"));
    args.addAll(List.of(options));
    return args;
  }

  /** What a command prints in each locale; in the root locale first. */
  private static void assertSameEverywhere(List<String> args) {
    Locale.setDefault(Locale.ROOT);
    CommandRun expected = CommandRun.of(args).succeeded();
    assertTrue(expected.out().matches("(?s).*\\d.*"), expected.out());
    for (Locale locale : OTHERS) {
      Locale.setDefault(locale);
      CommandRun actual = CommandRun.of(args).succeeded();
      assertEquals(expected.out(), actual.out(), locale.toString());
      assertEquals(expected.err(), actual.err(), locale.toString());
    }
  }

  @Test
  void evaluatePrintsTheSame() {
    List<String> evaluate = new ArrayList<>(List.of("evaluate", run.toString()));
    evaluate.addAll(List.of("--engine", "cpu", "--threads", "1", "--samples", "3"));
    evaluate.addAll(List.of("--split", "train", "--images", "1200"));
    assertSameEverywhere(evaluate);
    evaluate.addAll(List.of("--latent", "--exact"));
    evaluate.addAll(List.of("--ais", "--ais-images", "2000", "--ais-chains", "2"));
    evaluate.addAll(List.of("--ais-steps", "2"));
    assertSameEverywhere(evaluate);
    evaluate.add("--json");
    assertSameEverywhere(evaluate);
  }

  @Test
  void calibrateAndDataPrintTheSame() {
    List<String> calibrate = new ArrayList<>(List.of("calibrate", "--data", images.toString()));
    calibrate.addAll(List.of("--engine", "cpu", "--threads", "1", "--batch", "8", "--quiet"));
    calibrate.addAll(List.of("--calibration-epochs", "1", "--hidden", "8"));
    calibrate.addAll(List.of("--out", temp.resolve("calibration").toString()));
    assertSameEverywhere(calibrate);
    assertSameEverywhere(List.of("data"));
  }

  @Test
  void trainsSummaryAndRefusalsAreTheSame() {
    List<String> printed = new ArrayList<>();
    List<Locale> all = new ArrayList<>(OTHERS);
    all.addFirst(Locale.ROOT);
    for (Locale locale : all) {
      Locale.setDefault(locale);
      Path out = temp.resolve("train-" + locale.toLanguageTag());
      String text = CommandRun.of(train("--out", out.toString())).succeeded().out();
      List<String> epochs = text.lines().filter(line -> line.startsWith("epoch ")).toList();
      assertEquals(40, epochs.size());
      for (String line : epochs) {
        assertTrue(
            line.matches("epoch [0-9]+/40  RL [0-9.]+  KL [0-9.]+  beta [0-9.]+  [0-9,]+ images/s"),
            line);
      }
      printed.add(
          text.lines()
              .filter(line -> !line.startsWith("epoch "))
              .map(line -> line.replace(out.toString(), "RUN"))
              .collect(Collectors.joining("\n")));
    }
    assertEquals(printed.get(0), printed.get(1));
    assertEquals(printed.get(0), printed.get(2));
    Locale.setDefault(OTHERS.getFirst());
    assertEquals(
        "--threads must be from 1 to 256, not 257.",
        CommandRun.of("train", "--threads", "257").refusal());
  }

  @Test
  void theReportIsTheSamePage() throws IOException {
    Path page = temp.resolve("page.html");
    List<String> report = List.of("report", run.toString(), "--out", page.toString());
    Locale.setDefault(Locale.ROOT);
    CommandRun.of(report).succeeded();
    byte[] expected = Files.readAllBytes(page);
    for (Locale locale : OTHERS) {
      Locale.setDefault(locale);
      CommandRun.of(report).succeeded();
      assertArrayEquals(expected, Files.readAllBytes(page), locale.toString());
    }
  }
}
