// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsLogTest {
  private static final String HEADER = MetricsLog.HEADER + "\n";

  private static final String ADVICE =
      "; the run cannot go on without it, but evaluate still works on its checkpoint, and train"
          + " with another --out starts a new run.";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("metrics.csv");
  }

  private MetricsLog open(long rows) throws IOException {
    return MetricsLog.open(file, rows, Optional.empty(), () -> false).orElseThrow();
  }

  private void append(long rows, int first, int count) throws IOException {
    try (var log = open(rows)) {
      for (int step = first; step < first + count; step++) {
        log.step(new StepReport(step, 1, step + 0.5f, step + 0.25f, 1));
      }
    }
  }

  private static String row(int step) {
    return String.format(Locale.ROOT, "%d,1,%d.5,%d.25,1.0\n", step, step, step);
  }

  @Test
  void appendsRowsBehindAHeader() throws IOException {
    append(0, 1, 2);
    assertEquals(HEADER + row(1) + row(2), Files.readString(file));
    append(2, 3, 1);
    assertEquals(HEADER + row(1) + row(2) + row(3), Files.readString(file));
  }

  @Test
  void cutsOffTheRowsAfterTheCheckpoint() throws IOException {
    append(0, 1, 5);
    append(2, 7, 1);
    assertEquals(HEADER + row(1) + row(2) + row(7), Files.readString(file));
    append(0, 9, 1);
    assertEquals(HEADER + row(9), Files.readString(file));
  }

  @Test
  void cutsOffARowThatWasWrittenInPart() throws IOException {
    Files.writeString(file, HEADER + row(1) + "2,1,2.5");
    append(1, 2, 1);
    assertEquals(HEADER + row(1) + row(2), Files.readString(file));
  }

  @Test
  void beginsAnewWhereNotEvenTheHeaderIsWhole() throws IOException {
    Files.writeString(file, "step,ep");
    append(0, 1, 1);
    assertEquals(HEADER + row(1), Files.readString(file));
  }

  @Test
  void refusesALogWithFewerRowsThanTheCheckpointHasSteps() throws IOException {
    Files.writeString(file, HEADER + row(1) + "2,1,2.5");
    var refusal = assertThrows(InputException.class, () -> open(2));
    assertEquals(
        file + " does not have the 2 steps that the checkpoint beside it has done" + ADVICE,
        refusal.getMessage());
    assertEquals(HEADER + row(1) + "2,1,2.5", Files.readString(file));
    Files.writeString(file, "");
    var empty = assertThrows(InputException.class, () -> open(2));
    assertEquals(refusal.getMessage(), empty.getMessage());
    assertThrows(
        InputException.class,
        () -> MetricsLog.open(folder.resolve("absent"), 1, Optional.empty(), () -> false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2,1,1.0,1.0",
        "2,1,1.0,1.0,1.0,1.0",
        "2,1,1.0,x,1.0",
        "3,1,1.0,1.0,1.0",
        "1,1,1.0,1.0,1.0",
        "2,1,NaN,1.0,1.0",
        "2,1,1.0,Infinity,1.0",
        "2,1,1.0,1.0,1.0E99",
        "2,1,-,1.0,1.0",
        "2,1,.,1.0,1.0",
        "2,1,1.2.3,1.0,1.0",
        "2,1,100,1.0,1.0",
        "2,1,1.,1.0,1.0",
        "2,1,.5,1.0,1.0",
        "2,1, 1.0,1.0,1.0",
        "2,1,1.0f,1.0,1.0",
        "2,0,1.0,1.0,1.0",
        "2,1,99999999999999999999999999999999999999999.0,1.0,1.0"
      })
  void refusesABadRowBeforeAnotherIsWritten(String bad) throws IOException {
    String content = HEADER + row(1) + bad + "\n" + row(3) + row(4);
    Files.writeString(file, content);
    var refusal = assertThrows(InputException.class, () -> open(3));
    assertEquals("Line 3 of " + file + " is not the row of step 2" + ADVICE, refusal.getMessage());
    assertEquals(content, Files.readString(file));
    // A row that is written again may be anything.
    append(1, 2, 1);
    assertEquals(HEADER + row(1) + row(2), Files.readString(file));
  }

  @Test
  void aLongLogIsCheckedInNoTime() throws IOException {
    int rows = 94_000;
    append(0, 1, rows);
    long start = System.nanoTime();
    append(rows, rows + 1, 1);
    long millis = (System.nanoTime() - start) / 1_000_000;
    System.out.println("MetricsLogTest: " + rows + " rows checked in " + millis + " ms");
    // Slow machines under load are not what this is to find.
    assertTrue(millis < 3000, millis + " ms");
  }

  @Test
  void findsARowBeyondTheFirstBufferful() throws IOException {
    append(0, 1, 5000);
    long whole = Files.size(file);
    assertTrue(whole > 1 << 16);
    append(4999, 5000, 1);
    assertEquals(whole, Files.size(file));
  }

  @Test
  void refusesAFileOfAnotherKindAndLeavesItAsItIs() throws IOException {
    Files.writeString(file, "name,price\napple,1\n");
    var refusal = assertThrows(InputException.class, () -> open(0));
    assertEquals(file + " does not begin with '" + MetricsLog.HEADER + "'.", refusal.getMessage());
    assertEquals("name,price\napple,1\n", Files.readString(file));
  }

  @Test
  void floatsReadBackToTheSameBits() throws IOException {
    float[] values = {
      0,
      -0f,
      Float.MIN_VALUE,
      Float.MIN_NORMAL,
      Float.MAX_VALUE,
      0.1f,
      1 / 3f,
      206.56789f,
      -1e-7f,
      16777217f,
      Math.nextUp(1f),
      Math.nextDown(10f)
    };
    try (var log = open(0)) {
      for (int i = 0; i < values.length; i++) {
        log.step(
            new StepReport(
                Long.MAX_VALUE - i, Integer.MAX_VALUE, values[i], -values[i], values[i] / 2));
      }
    }
    List<Integer> expected = new ArrayList<>();
    List<Integer> read = new ArrayList<>();
    for (float value : values) {
      expected.addAll(bits(value, -value, value / 2));
    }
    List<Long> steps = new ArrayList<>();
    MetricsLog.read(
        file,
        row -> {
          steps.add(row.step());
          assertEquals(Integer.MAX_VALUE, row.epoch());
          read.addAll(bits(row.rl(), row.kl(), row.beta()));
        });
    assertEquals(expected, read);
    assertEquals(Long.MAX_VALUE, steps.getFirst());
    assertEquals(values.length, steps.size());
  }

  private static List<Integer> bits(float rl, float kl, float beta) {
    return List.of(
        Float.floatToRawIntBits(rl), Float.floatToRawIntBits(kl), Float.floatToRawIntBits(beta));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "2", "2,1,x,1,1", "2,1,1,1", "2,1,1,1,1,1", "two,1,1,1,1", "2,1,\u00e9,1,1"})
  void namesALineThatIsNoRow(String line) throws IOException {
    Files.writeString(file, HEADER + row(1) + line + "\n");
    var refusal = assertThrows(InputException.class, () -> MetricsLog.read(file, row -> {}));
    assertEquals("Line 3 of " + file + " is no row.", refusal.getMessage());
  }

  @Test
  void namesALineThatItsReaderRefuses() throws IOException {
    Files.writeString(file, HEADER + row(1));
    var refusal =
        assertThrows(
            InputException.class,
            () ->
                MetricsLog.read(
                    file,
                    row -> {
                      throw new IllegalArgumentException("out of order");
                    }));
    assertEquals("Line 2 of " + file + " is no row.", refusal.getMessage());
  }

  @Test
  void aLogUnderWayIsReadUpToItsLastWholeLine() throws IOException {
    Files.writeString(file, HEADER + row(1) + row(2) + "3,1,3.5");
    List<Long> steps = new ArrayList<>();
    assertTrue(MetricsLog.readWholeRows(file, row -> steps.add(row.step())));
    assertEquals(List.of(1L, 2L), steps);
    Files.writeString(file, HEADER + row(1));
    assertFalse(MetricsLog.readWholeRows(file, row -> steps.add(row.step())));
    assertEquals(List.of(1L, 2L, 1L), steps);
  }

  @Test
  void theChecksumIsThatOfTheFile() throws IOException {
    String[] sums = new String[4];
    try (var log = open(0)) {
      for (int step = 1; step <= 3; step++) {
        log.step(new StepReport(step, 1, step + 0.5f, step + 0.25f, 1));
        sums[step] = log.sha256();
      }
    }
    assertEquals(FileMetadata.sha256(HEADER + row(1) + row(2) + row(3)), sums[3]);
    assertEquals(Optional.of(sums[2]), MetricsLog.sha256(file, 2));
    assertEquals(Optional.empty(), MetricsLog.sha256(file, 4));
    try (var log = open(2)) {
      assertEquals(sums[2], log.sha256());
      log.step(new StepReport(3, 1, 3.5f, 3.25f, 1));
      assertEquals(sums[3], log.sha256());
    }
  }

  @Test
  void aLogHasItsHeaderFromTheFirstMoment() throws IOException {
    try (var log = open(0)) {
      assertEquals(HEADER, Files.readString(file));
      log.step(new StepReport(1, 1, 1, 1, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "s", "step,epoch,rl,kl,bet"})
  void aLogOfWhichNotTheFirstLineIsWholeHasNoRows(String start) throws IOException {
    Files.writeString(file, start);
    assertEquals(
        !start.isEmpty(), MetricsLog.readWholeRows(file, row -> assertEquals(0, row.step())));
  }

  @Test
  void aFileWithoutLinesIsReadNoFurtherThanARowIsLong() throws IOException {
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 36);
    }
    long start = System.nanoTime();
    for (Executable reading :
        List.<Executable>of(
            () -> open(0),
            () -> open(5),
            () -> MetricsLog.read(file, row -> {}),
            () -> MetricsLog.readWholeRows(file, row -> {}),
            () -> MetricsLog.sha256(file, 5))) {
      assertThrows(InputException.class, reading);
    }
    // 64 GB of zeros take longer.
    assertTrue(System.nanoTime() - start < 5_000_000_000L);
  }

  @Test
  void isOpenOnce() throws IOException {
    try (var log = open(0)) {
      log.step(new StepReport(1, 1, 1, 1, 1));
      assertEquals(
          "Another process is training in " + folder + ".",
          assertThrows(InputException.class, () -> open(0)).getMessage());
    }
  }

  @Test
  void flushedRowsAreSeenBeforeTheLogIsClosed() throws IOException {
    try (var log = open(0)) {
      log.step(new StepReport(1, 1, 1.5f, 1.25f, 1));
      log.flush();
      assertEquals(HEADER + row(1), Files.readString(file));
      log.step(new StepReport(2, 1, 2.5f, 2.25f, 1));
      log.force();
      assertEquals(HEADER + row(1) + row(2), Files.readString(file));
    }
  }
}
