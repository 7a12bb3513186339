// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTailTest {
  private static final long ALL = 1 << 20;

  @TempDir Path temp;
  private Path file;
  private MetricsTail tail;
  private final Heard heard = new Heard();

  /** Steps heard since the last beginning. */
  private static final class Heard implements MetricsTail.Sink {
    private final List<Long> steps = new ArrayList<>();
    private int restarts;

    @Override
    public void restarts() {
      restarts++;
      steps.clear();
    }

    @Override
    public void row(StepReport report) {
      assertEquals(report.step() + 0.5f, report.rl());
      steps.add(report.step());
    }
  }

  @BeforeEach
  void begin() {
    file = temp.resolve("metrics.csv");
    tail = new MetricsTail(file);
  }

  private static String row(long step) {
    return step + ",1," + step + ".5,2.0,1.0\n";
  }

  private static List<Long> steps(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static String log(long rows) {
    var log = new StringBuilder(MetricsLog.HEADER + "\n");
    steps(rows).forEach(step -> log.append(row(step)));
    return log.toString();
  }

  @Test
  void everyRowIsHeardOnceAndOnlyWhole() throws IOException {
    assertFalse(tail.read(heard, ALL));
    append("step,epoch");
    assertFalse(tail.read(heard, ALL));
    append(",rl,kl,beta\n" + row(1) + row(2).substring(0, 5));
    tail.read(heard, ALL);
    assertEquals(steps(1), heard.steps);
    tail.read(heard, ALL);
    assertEquals(steps(1), heard.steps);
    append(row(2).substring(5) + row(3));
    tail.read(heard, ALL);
    assertEquals(steps(3), heard.steps);
    assertEquals(0, heard.restarts);
  }

  @Test
  void aLongLogIsReadInParts() throws IOException {
    append(log(1000));
    int parts = 0;
    while (tail.read(heard, 700)) {
      parts++;
    }
    assertEquals(steps(1000), heard.steps);
    assertTrue(parts > 20, parts + " parts");
  }

  @Test
  void aLogThatWasCutIsReadAnew() throws IOException {
    append(log(10));
    tail.read(heard, ALL);
    Files.writeString(file, log(4));
    tail.read(heard, ALL);
    assertEquals(steps(4), heard.steps);
    assertEquals(1, heard.restarts);
  }

  /** To more than its old length: the step after the last one heard is not where it was to be. */
  @Test
  void aLogThatWasCutAndHasGrownIsReadAnew() throws IOException {
    append(log(8));
    tail.read(heard, ALL);
    String longer = row(5).replace("1.0\n", "1.0" + "0".repeat(2 * row(5).length()) + "\n");
    String other = log(4) + longer + row(6);
    assertEquals(log(8).length(), other.length());
    Files.writeString(file, other + row(7));
    assertTrue(tail.read(heard, ALL));
    assertEquals(1, heard.restarts);
    assertFalse(tail.read(heard, ALL));
    assertEquals(steps(7), heard.steps);
  }

  @Test
  void aLogInThePlaceOfAnotherIsReadAnew() throws IOException {
    append(log(3));
    tail.read(heard, ALL);
    Path other = Files.writeString(temp.resolve("other"), log(5));
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    tail.read(heard, ALL);
    assertEquals(steps(5), heard.steps);
    Files.delete(file);
    tail.read(heard, ALL);
    assertEquals(List.of(), heard.steps);
  }

  @Test
  void whatIsNoLogIsRefusedInASentence() throws IOException {
    append("something,else\n1,2\n");
    String message = assertThrows(InputException.class, () -> tail.read(heard, ALL)).getMessage();
    assertEquals(
        file + " is no log of steps: its first line is not " + MetricsLog.HEADER + ".", message);
    Files.writeString(file, log(2) + "three,1,1.0,1.0,1.0\n");
    assertIsDamaged("The line of " + file + " after step 2 is no row.", 2);
  }

  /** It is read a second time, in case it was replaced, and then no more. */
  private void assertIsDamaged(String sentence, long steps) throws IOException {
    int before = heard.restarts;
    assertTrue(tail.read(heard, ALL));
    for (int look = 0; look < 5; look++) {
      String message = assertThrows(InputException.class, () -> tail.read(heard, ALL)).getMessage();
      assertEquals(sentence, message);
      assertEquals(steps(steps), heard.steps);
    }
    assertEquals(before + 1, heard.restarts);
  }

  @Test
  void aLogWithAGapIsReadOnceMoreAndThenRefused() throws IOException {
    append(log(9).replace(row(4), "").replace(row(5), ""));
    assertIsDamaged(
        "Steps are missing in " + file + " after step 3: the next line is of step 6.", 3);
    append(row(10));
    assertThrows(InputException.class, () -> tail.read(heard, ALL));
    assertEquals(1, heard.restarts);
    // Put right in its place.
    Files.writeString(file, log(10));
    assertFalse(tail.read(heard, ALL));
    assertEquals(steps(10), heard.steps);
  }

  @Test
  void aGapInALongLogIsReadOnceMoreInParts() throws IOException {
    append(log(1000).replace("\n" + row(700), "\n"));
    String message =
        assertThrows(
                InputException.class,
                () -> {
                  for (int part = 0; part < 1000; part++) {
                    tail.read(heard, 700);
                  }
                })
            .getMessage();
    assertTrue(message.endsWith("after step 699: the next line is of step 701."), message);
    assertEquals(steps(699), heard.steps);
    assertEquals(1, heard.restarts);
  }

  @Test
  void aStepThatComesTwiceIsRefused() throws IOException {
    append(log(3) + row(3) + row(4));
    assertIsDamaged("The line of " + file + " after step 3 is of step 3.", 3);
  }

  /** The old log's end is within one of its rows. */
  @Test
  void aLongerLogInTheSameFileIsReadAnew() throws IOException {
    append(log(8));
    tail.read(heard, ALL);
    Object identity = RegularFile.identity(file);
    String other = log(20).replace(row(3), "3,1,3.50,2.0,1.0\n");
    assertFalse(other.startsWith("\n", log(8).length() - 1));
    Files.writeString(file, other);
    assertEquals(identity, RegularFile.identity(file));
    assertTrue(tail.read(heard, ALL));
    assertFalse(tail.read(heard, ALL));
    assertEquals(steps(20), heard.steps);
    assertEquals(1, heard.restarts);
  }

  @Test
  void aDamagedLogThatIsReplacedInTheSameFileIsReadAnew() throws IOException {
    append(log(8) + "what?\n" + row(9));
    assertIsDamaged("The line of " + file + " after step 8 is no row.", 8);
    Files.writeString(file, log(30).replace(row(3), "3,1,3.50,2.0,1.0\n"));
    assertTrue(tail.read(heard, ALL));
    assertFalse(tail.read(heard, ALL));
    assertEquals(steps(30), heard.steps);
  }

  @Test
  void aLineThatIsTooLongIsNoRow() throws IOException {
    append(log(8));
    tail.read(heard, ALL);
    append("9".repeat(300) + "\n" + row(10));
    assertIsDamaged("The line of " + file + " after step 8 is no row.", 8);
  }

  /** A run that is stopped and resumed again and again writes the same rows each time. */
  @Test
  void aLogThatWasReplacedTheSameWayTwiceIsReadAnewTwice() throws IOException {
    String shifted = log(20).replace(row(3), "3,1,3.50,2.0,1.0\n");
    for (int time = 1; time <= 2; time++) {
      Files.writeString(file, log(8));
      tail.read(heard, ALL);
      assertEquals(steps(8), heard.steps);
      Files.writeString(file, shifted);
      assertTrue(tail.read(heard, ALL));
      tail.read(heard, ALL);
      assertEquals(steps(20), heard.steps);
    }
  }

  @Test
  void theLastRowsAreReadFromTheEnd() throws IOException {
    assertEquals(List.of(), MetricsTail.last(file, 5));
    append(log(2));
    assertEquals(2, MetricsTail.last(file, 5).size());
    Files.writeString(file, log(20_000) + "20001,1,2");
    List<StepReport> last = MetricsTail.last(file, 100);
    assertEquals(100, last.size());
    assertEquals(20_000, last.getLast().step());
    assertEquals(19_901, last.getFirst().step());
    Files.writeString(file, "no log\nno row\n");
    assertEquals(List.of(), MetricsTail.last(file, 5));
  }
}
