// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Server-sent events for one page: the table's rows, and of the runs that it shows the curves, each
 * time only what has changed.
 */
final class EventStream {
  private static final long TURN_MILLIS = 1000;

  /** While the index finds what there is, and while logs are read for the first time. */
  private static final long BUSY_MILLIS = 50;

  /** So that the other end's absence is noticed. */
  private static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** Bytes of a log in a turn: all runs get on together. */
  private static final long PART = 1 << 20;

  private final RunIndex index;
  private final LiveRuns live;
  private final List<String> shown;
  private final OutputStream out;
  private final Map<String, RunRow> rows = new HashMap<>();
  private final Map<String, LiveRun.Sent> sent = new HashMap<>();
  private long lastWrite = System.nanoTime();

  /** Whether rows were sent, and be it none: the page then says that there are none. */
  private boolean isGreeted;

  /** The first event. */
  private record Hello(boolean mayStop, List<String> colours, List<String> darkColours) {}

  /** Rows that are new or others, and the ids of runs that are gone. */
  private record Rows(List<RunRow> rows, List<String> gone, boolean isAll) {}

  /**
   * @param shown ids of the runs whose curves are shown; those that there are not are left out
   * @param out to the page
   */
  EventStream(RunIndex index, LiveRuns live, List<String> shown, OutputStream out) {
    this.index = index;
    this.live = live;
    this.shown = shown;
    this.out = out;
  }

  /**
   * Sends until the page or the server is gone.
   *
   * @throws IOException if the page is gone
   */
  void run(boolean mayStop, Colours colours, BooleanSupplier isOver)
      throws IOException, InterruptedException {
    // A browser tries again after as many milliseconds where this breaks.
    write("retry: 2000\n\n");
    send("hello", new Hello(mayStop, colours.light(), colours.dark()));
    while (!isOver.getAsBoolean()) {
      boolean isMore = sendRows();
      isMore |= sendCurves();
      if (System.nanoTime() - lastWrite > HEARTBEAT_NANOS) {
        write(": here\n\n");
      }
      Thread.sleep(isMore ? BUSY_MILLIS : TURN_MILLIS);
    }
  }

  /** Colours of curves on a light and a dark page. */
  record Colours(List<String> light, List<String> dark) {}

  private boolean sendRows() throws IOException {
    List<RunRow> changed = new ArrayList<>();
    Set<String> gone = new HashSet<>(rows.keySet());
    boolean isReading = false;
    for (RunRow row : index.rows()) {
      gone.remove(row.id());
      if (!row.equals(rows.put(row.id(), row))) {
        changed.add(row);
      }
      isReading |= row.state() == RunState.READING;
    }
    rows.keySet().removeAll(gone);
    sent.keySet().removeAll(gone);
    if (!changed.isEmpty() || !gone.isEmpty() || !isGreeted) {
      isGreeted = true;
      send("rows", new Rows(changed, List.copyOf(gone), index.isAll()));
    }
    return isReading;
  }

  private boolean sendCurves() throws IOException {
    boolean isMore = false;
    for (String id : shown) {
      Optional<Path> folder = index.folder(id);
      if (folder.isEmpty()) {
        continue;
      }
      LiveRun run = live.of(id, folder.get());
      isMore |= run.read(PART);
      LiveRun.Sent before = sent.getOrDefault(id, LiveRun.Sent.NOTHING);
      LiveRun.Sent now = run.now();
      if (!now.equals(before)) {
        // What has come between the two is sent again the next time, which does no harm.
        send("curves", run.since(id, before));
        sent.put(id, now);
      }
    }
    return isMore;
  }

  private void send(String event, Object data) throws IOException {
    write("event: " + event + "\ndata: " + Json.COMPACT.toJson(data) + "\n\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    lastWrite = System.nanoTime();
  }
}
