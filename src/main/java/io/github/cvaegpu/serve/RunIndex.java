// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import io.github.cvaegpu.Digests;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.train.MetricsTail;
import io.github.cvaegpu.train.RunDirectory;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.StopRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * The runs in a folder, by what their files were when they were last looked at. A file that has not
 * changed is not read again; of a log the end alone is read. Requests name runs by ids that were
 * given out here, so that no text of a request ever becomes a path.
 */
final class RunIndex {
  /** Rows of a log that a figure of the table is the mean of, as a point of a curve is. */
  private static final int LAST = 100;

  private static final int ID_LENGTH = 16;

  /** A run that writes a checkpoint every ten seconds has been silent for long by then. */
  private static final long SILENCE_MILLIS = TimeUnit.MINUTES.toMillis(2);

  private final Path root;
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();
  private volatile boolean isAll = true;

  /**
   * A run at the last look.
   *
   * @param record what {@code run.json} was
   * @param metrics what {@code metrics.csv} was
   * @param recorded the row by the record alone
   * @param last the last rows of the log
   * @param row what is shown
   */
  private record Seen(
      Path folder,
      Stamp record,
      Stamp metrics,
      RunRow recorded,
      List<StepReport> last,
      RunRow row) {}

  /**
   * @param root an existing folder
   */
  RunIndex(Path root) {
    this.root = root;
  }

  /** The folder of a run that was found; empty of anything else. */
  Optional<Path> folder(String id) {
    return Optional.ofNullable(seen.get(id)).map(Seen::folder);
  }

  /** What is shown of a run. */
  Optional<RunRow> row(String id) {
    return Optional.ofNullable(seen.get(id)).map(Seen::row);
  }

  /** What is shown of all, in no order. */
  List<RunRow> rows() {
    return seen.values().stream().map(Seen::row).toList();
  }

  /** Whether the folder has no more runs than are looked for. */
  boolean isAll() {
    return isAll;
  }

  /** Looks at the folder: at first for names, which are there to be shown, and then into files. */
  synchronized void refresh() {
    RunFinder.Found found = RunFinder.in(root);
    isAll = found.isAll();
    Set<String> there = new HashSet<>();
    for (Path folder : found.folders()) {
      String id = id(folder);
      there.add(id);
      seen.computeIfAbsent(id, it -> unread(it, folder));
    }
    seen.keySet().retainAll(there);
    there.stream().map(seen::get).forEach(this::look);
  }

  /** What a run of the last look is now. */
  Optional<RunRow> lookAgain(String id) {
    Seen before = seen.get(id);
    if (before == null) {
      return Optional.empty();
    }
    look(before);
    return row(id);
  }

  private String name(Path folder) {
    String name = root.relativize(folder).toString();
    return name.isEmpty()
        ? String.valueOf(folder.toAbsolutePath().normalize().getFileName())
        : name;
  }

  private String id(Path folder) {
    String path = root.relativize(folder).toString();
    return Digests.sha256(path.getBytes(StandardCharsets.UTF_8)).substring(0, ID_LENGTH);
  }

  private Seen unread(String id, Path folder) {
    RunRow row = RunRow.unread(id, name(folder), RunState.READING, null, 0);
    var never = new Stamp(-2, 0, null);
    return new Seen(folder, never, never, row, List.of(), row);
  }

  private void look(Seen before) {
    Path folder = before.folder();
    String id = before.row().id();
    Stamp record = Stamp.of(RunDirectory.recordFile(folder));
    Stamp metrics = Stamp.of(RunDirectory.metricsFile(folder));
    RunRow recorded =
        record.equals(before.record()) ? before.recorded() : read(id, folder, record.millis());
    List<StepReport> last =
        recorded.rl() != null || recorded.state() == RunState.UNREADABLE
            ? List.of()
            : metrics.equals(before.metrics()) ? before.last() : last(folder);
    RunRow row = standing(folder, record, metrics, recorded).at(last);
    seen.computeIfPresent(id, (key, now) -> new Seen(folder, record, metrics, recorded, last, row));
  }

  private RunRow read(String id, Path folder, long written) {
    try {
      return RunRow.of(id, name(folder), RunDirectory.readRecord(folder));
    } catch (InputException e) {
      return RunRow.unread(id, name(folder), RunState.UNREADABLE, e.getMessage(), written);
    }
  }

  private static List<StepReport> last(Path folder) {
    try {
      return List.copyOf(MetricsTail.last(RunDirectory.metricsFile(folder), LAST));
    } catch (IOException e) {
      // The curves say what is wrong with it.
      return List.of();
    }
  }

  /** The row with the state that the folder tells, whatever its record was left to say. */
  private static RunRow standing(Path folder, Stamp record, Stamp metrics, RunRow recorded) {
    long written =
        LongStream.of(
                record.millis(),
                metrics.millis(),
                Stamp.of(RunDirectory.checkpointFile(folder)).millis())
            .max()
            .orElseThrow();
    if (recorded.state() != RunState.TRAINING) {
      return recorded.standing(recorded.state(), recorded.says(), written, false);
    }
    Optional<Boolean> locked = RunDirectory.isLocked(folder);
    if (locked.orElse(false)) {
      return recorded.standing(RunState.TRAINING, null, written, StopRequest.isMade(folder));
    }
    if (!Stamp.of(RunDirectory.recordFile(folder)).equals(record)) {
      // It ended, or began, between the two looks; the next one sees which.
      return recorded.standing(RunState.TRAINING, null, written, false);
    }
    if (locked.isPresent() && !Disk.isShared(folder)) {
      return recorded.standing(
          RunState.DIED,
          "No process is at work, and none has said why: it was killed, or the machine went down."
              + " train --resume goes on from the last checkpoint.",
          written,
          false);
    }
    boolean isSilent = System.currentTimeMillis() - written > SILENCE_MILLIS;
    return isSilent
        ? recorded.standing(
            RunState.SILENT,
            "Nothing was written for a while. From here it cannot be seen whether a process of"
                + " another machine is at work.",
            written,
            false)
        : recorded.standing(RunState.TRAINING, null, written, StopRequest.isMade(folder));
  }
}
