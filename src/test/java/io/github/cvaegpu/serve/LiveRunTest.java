// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.report.Series;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveRunTest {
  private static final long ALL = 1 << 24;

  @TempDir Path temp;

  /** Losses that fall, with a spike now and then. */
  private static float rl(int step) {
    return (float) (100 + 400.0 / step + (step % 977 == 0 ? 300 : 0));
  }

  private static String rows(int from, int to) {
    var rows = new StringBuilder();
    for (int step = from; step <= to; step++) {
      rows.append(String.format(Locale.ROOT, "%d,1,%s,%s,1.0\n", step, rl(step), 10.0f));
    }
    return rows.toString();
  }

  private void append(String text) throws IOException {
    Files.writeString(
        temp.resolve("metrics.csv"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static float[] floats(String base64) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  /** The page's side of it. */
  private static final class Page {
    private float[] smallest = new float[0];
    private float[] largest = new float[0];

    void take(LiveRun.Curves curves) {
      smallest = extended(smallest, curves.from(), floats(curves.rl().smallest()));
      largest =
          curves.rl().largest() == null
              ? smallest
              : extended(largest, curves.from(), floats(curves.rl().largest()));
    }

    private static float[] extended(float[] before, int from, float[] more) {
      float[] all = new float[from + more.length];
      System.arraycopy(before, 0, all, 0, from);
      System.arraycopy(more, 0, all, from, more.length);
      return all;
    }

    void assertHas(int steps, int bucket) {
      float[] values = new float[steps];
      for (int i = 0; i < steps; i++) {
        values[i] = rl(i + 1);
      }
      float[] means = Series.windowMeans(values);
      assertEquals(Math.ceilDiv(steps, bucket), smallest.length);
      for (int b = 0; b < smallest.length; b++) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (int i = b * bucket; i < Math.min(steps, (b + 1) * bucket); i++) {
          low = Math.min(low, means[i]);
          high = Math.max(high, means[i]);
        }
        assertEquals(low, smallest[b], "bucket " + b);
        assertEquals(high, largest[b], "bucket " + b);
      }
    }
  }

  /** The report's means, and of each bucket its extremes, however the log came. */
  @Test
  void thePageHasTheReportsCurveInPieces() throws IOException {
    var run = new LiveRun(temp);
    var page = new Page();
    LiveRun.Sent sent = LiveRun.Sent.NOTHING;
    append("step,epoch,rl,kl,beta\n");
    int done = 0;
    long whole = 0;
    long pieces = 0;
    for (int steps : new int[] {1, 7, 600, 2047, 2048, 2049, 3000, 4097, 9000, 9001, 20_000}) {
      append(rows(done + 1, steps));
      done = steps;
      run.read(ALL);
      LiveRun.Curves curves = run.since("id", sent);
      page.take(curves);
      sent = run.now();
      page.assertHas(steps, sent.bucket());
      whole += curves.from() == 0 ? 1 : 0;
      pieces += curves.from() == 0 ? 0 : 1;
      assertTrue(page.smallest.length <= LiveCurve.BUCKETS);
    }
    assertEquals(16, sent.bucket());
    // All of it at the beginning, and when buckets have become others; else what is new.
    assertEquals(6, pieces, whole + " whole");
  }

  @Test
  void aRunThatBeginsAnewIsSentWhole() throws IOException {
    append("step,epoch,rl,kl,beta\n" + rows(1, 50));
    var run = new LiveRun(temp);
    run.read(ALL);
    LiveRun.Sent sent = run.now();
    Files.writeString(temp.resolve("metrics.csv"), "step,epoch,rl,kl,beta\n" + rows(1, 30));
    run.read(ALL);
    LiveRun.Curves curves = run.since("id", sent);
    assertEquals(0, curves.from());
    assertEquals(30, curves.length());
  }

  @Test
  void aDamagedLogIsASentence() throws IOException {
    append("step,epoch,rl,kl,beta\n" + rows(1, 3) + "what?\n");
    var run = new LiveRun(temp);
    assertTrue(run.read(ALL));
    assertFalse(run.read(ALL));
    assertNotNull(run.now().problem());
    assertEquals(3, run.now().length());
    assertTrue(run.now().problem().endsWith("after step 3 is no row."), run.now().problem());
    Files.writeString(temp.resolve("metrics.csv"), "step,epoch,rl,kl,beta\n" + rows(1, 2));
    run.read(ALL);
    assertNull(run.now().problem());
  }

  /** Else the page is sent the curve and its being void in turn, for as long as it is open. */
  @Test
  void aLogWithAGapIsNotReadForEver() throws IOException {
    append("step,epoch,rl,kl,beta\n" + rows(1, 30) + rows(32, 50));
    var run = new LiveRun(temp);
    assertTrue(run.read(ALL));
    assertFalse(run.read(ALL));
    LiveRun.Sent sent = run.now();
    assertEquals(30, sent.length());
    assertTrue(
        sent.problem().endsWith("after step 30: the next line is of step 32."), sent.problem());
    assertFalse(run.read(ALL));
    assertEquals(sent, run.now());
  }
}
