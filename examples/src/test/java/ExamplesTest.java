// SPDX-License-Identifier: Apache-2.0

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each example does what its first sentence says. */
class ExamplesTest {
  @TempDir static Path temp;

  private static Path run;
  private static String trained;

  /** An example. */
  private interface Main {
    void run(String[] args) throws Exception;
  }

  private static String printed(Main main, Path folder) throws Exception {
    var bytes = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      main.run(new String[] {folder.toString()});
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
  }

  private static void assertMatches(String pattern, String text) {
    assertTrue(Pattern.compile(pattern).matcher(text).find(), text);
  }

  @BeforeAll
  static void train() throws Exception {
    run = temp.resolve("run");
    trained = printed(Train::main, run);
  }

  @Test
  void trains() {
    assertMatches("epoch 1: RL \\d+\\.\\d, KL \\d+\\.\\d\\d, beta ", trained);
    assertMatches("epoch 2: RL ", trained);
    assertMatches("\\d{3,} steps; of the test images RL \\d+\\.\\d, KL [56]\\.\\d\\d\n", trained);
    assertTrue(Files.exists(run.resolve("run.json")));
  }

  @Test
  void encodes() throws Exception {
    String text = printed(Encode::main, run);
    assertEquals(11, text.lines().count(), text);
    assertMatches("a \\d: mean \\[[-.E\\d]+, [-.E\\d]+], log variance \\[", text);
  }

  @Test
  void samples() throws Exception {
    assertEquals("wrote samples.png\nwrote line.png\n", printed(Sample::main, run));
    assertTrue(Files.size(temp.resolve("samples.png")) > 500);
    assertTrue(Files.size(temp.resolve("line.png")) > 500);
  }

  @Test
  void scores() throws Exception {
    String text = printed(Score::main, run);
    assertMatches("ELBO +-\\d+\\.\\d\\d \\+- \\d\\.\\d\\d\nbound -\\d+", text);
    assertEquals(7, text.lines().count(), text);
  }

  @Test
  void goesOnWithAControllerOfItsOwn() throws Exception {
    String text = printed(OwnController::main, temp.resolve("own"));
    assertMatches("stopped after 500 steps\ndone after \\d{4} steps, KL [567]\\.\\d\\d\n", text);
  }
}
