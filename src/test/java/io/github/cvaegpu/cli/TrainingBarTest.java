// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TrainingBarTest {
  private static final String LOSSES = TrainingBar.losses(126.3, 9.97, 0.174);

  @Test
  void aLineHasAllThatMattersInEightyColumns() {
    String line =
        TrainingBar.line("epoch 123/200", 0.5, 51_234.5, LOSSES, Duration.ofSeconds(3723), 79);
    assertEquals(
        "epoch 123/200 [==   ] 51,235 images/s KL 9.97 RL 126.30 beta 0.1740 ETA 1:02:03", line);
    assertTrue(line.length() <= 79, line);
  }

  @Test
  void theBarTakesWhatIsLeft() {
    String line = TrainingBar.line("epoch 1/2", 0.5, 100, LOSSES, null, 120);
    assertEquals(120, line.length());
    int open = line.indexOf('[');
    int close = line.indexOf(']');
    assertEquals((close - open - 1) / 2, line.chars().filter(c -> c == '=').count());
    assertTrue(line.endsWith("ETA ?"), line);
  }

  @Test
  void theBarIsFullAtTheEndAndEmptyAtTheBeginning() {
    assertTrue(TrainingBar.line("epoch 1/2", 1, 1, "", Duration.ZERO, 60).contains("=]"));
    assertTrue(TrainingBar.line("epoch 1/2", 0, 1, "", Duration.ZERO, 60).contains("[ "));
  }

  /** It is what the program holds; the rest goes before it. */
  @Test
  void theKlDivergenceStaysOnANarrowTerminal() {
    for (int columns = 24; columns <= 130; columns++) {
      String line =
          TrainingBar.line("epoch 123/200", 0.5, 51_234.5, LOSSES, Duration.ZERO, columns);
      assertTrue(line.contains("KL 9.97"), line);
      assertTrue(line.length() <= columns, line);
    }
    String narrow =
        TrainingBar.line("epoch 123/200", 0.5, 51_234.5, LOSSES, Duration.ofSeconds(9), 39);
    assertEquals("epoch 123/200 KL 9.97 RL 126.30 beta 0.", narrow);
  }

  /** Of an epoch's images it is the speed now that counts, not the one since the start. */
  @Test
  void theLineIsThatOfTheMoment() {
    long[] nanos = {0};
    var pace = new Pace(() -> nanos[0]);
    var bar = new TrainingBar(2, 60_000, pace);
    pace.reached(128);
    assertTrue(bar.line(128, LOSSES, 79).contains(" ? images/s "), bar.line(128, LOSSES, 79));
    assertTrue(bar.line(128, LOSSES, 79).endsWith(" ETA ?"), bar.line(128, LOSSES, 79));
    nanos[0] = 9_000_000_000L;
    pace.reached(20_000);
    nanos[0] = 18_000_000_000L;
    pace.reached(60_000 - 40_000);
    nanos[0] = 19_000_000_000L;
    pace.reached(60_000);
    assertEquals(
        "epoch 1/2 [====     ] 40,000 images/s KL 9.97 RL 126.30 beta 0.1740 ETA 0:00:15",
        bar.line(60_000, LOSSES, 79));
    assertTrue(bar.line(60_001, LOSSES, 79).startsWith("epoch 2/2 ["));
    assertTrue(
        bar.line(120_000, LOSSES, 79).endsWith("=] 40,000 images/s " + LOSSES + " ETA 0:00:00"));
  }

  @Test
  void anEpochsLineCoversTheBarAndStays() {
    assertEquals("\rKL 1      " + System.lineSeparator(), ProgressOnTerminal.lineOver("KL 1", 10));
    assertEquals(
        "\r0123456789" + System.lineSeparator(), ProgressOnTerminal.lineOver("0123456789abc", 10));
  }
}
