// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.train.FolderHolder;
import io.github.cvaegpu.train.StopRequest;
import io.github.cvaegpu.train.TinyRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunIndexTest {
  @TempDir Path temp;

  private static Map<String, RunRow> rows(RunIndex index) {
    index.refresh();
    return index.rows().stream().collect(Collectors.toMap(RunRow::name, Function.identity()));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void runsAreFoundWhereverTheyLieAndComeAndGo() throws IOException {
    var index = new RunIndex(temp);
    assertEquals(Map.of(), rows(index));
    new TinyRun(temp.resolve("a")).until(1);
    new TinyRun(temp.resolve("study/runs/b-lr0.1")).until(1);
    Files.createDirectories(temp.resolve(".hidden"));
    Files.copy(temp.resolve("a/run.json"), temp.resolve(".hidden/run.json"));
    // In a circle, and to a run that is there already.
    Files.createSymbolicLink(temp.resolve("study/again"), temp);
    assertEquals(Set.of("a", "study/runs/b-lr0.1"), rows(index).keySet());
    delete(temp.resolve("a"));
    assertEquals(Set.of("study/runs/b-lr0.1"), rows(index).keySet());
    assertTrue(index.isAll());
  }

  @Test
  void theFolderItselfMayBeARun() {
    Path folder = temp.resolve("only");
    new TinyRun(folder).until(1);
    assertEquals(Set.of("only"), rows(new RunIndex(folder)).keySet());
  }

  @Test
  void aRowHasTheFiguresOfTheRecordOrOfTheLogsEnd() throws IOException {
    var run = new TinyRun(temp.resolve("run"));
    run.until(7);
    var index = new RunIndex(temp);
    RunRow stopped = rows(index).get("run");
    assertEquals(RunState.STOPPED, stopped.state());
    assertEquals(7, stopped.steps());
    assertEquals(15, stopped.planned());
    assertNull(stopped.testElbo());
    double mean =
        Files.readAllLines(run.metricsFile()).stream()
            .skip(1)
            .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[2]))
            .average()
            .orElseThrow();
    assertEquals(mean, stopped.rl(), 1e-4);
    run.toTheEnd();
    RunRow completed = rows(index).get("run");
    assertEquals(RunState.COMPLETED, completed.state());
    assertEquals(run.record().metrics().lastSteps().rl(), completed.rl());
    assertEquals(run.record().metrics().test().elbo().mean(), completed.testElbo());
    assertEquals(run.plan.rule().target().orElseThrow().kl(), completed.setPoint());
  }

  @Test
  void aRunThatIsTrainedIsToldFromOneThatDied() throws IOException {
    Path folder = temp.resolve("run");
    var run = new TinyRun(folder);
    run.until(5);
    run.asIfKilled();
    var index = new RunIndex(temp);
    try (var holder = new FolderHolder(folder)) {
      assertTrue(holder.isAlive());
      RunRow row = rows(index).get("run");
      assertEquals(RunState.TRAINING, row.state());
      assertEquals(false, row.stopping());
      StopRequest.make(folder);
      assertEquals(true, index.lookAgain(row.id()).orElseThrow().stopping());
    }
    RunRow died = rows(index).get("run");
    assertEquals(Disk.isShared(temp) ? RunState.TRAINING : RunState.DIED, died.state());
    run.toTheEnd();
    assertEquals(RunState.COMPLETED, rows(index).get("run").state());
  }

  @ParameterizedTest
  @CsvSource({
    "nfs4, true",
    "fuse.sshfs, true",
    "lustre, true",
    "cifs, true",
    "9p, true",
    "ext4, false",
    "xfs, false",
    "overlay, false",
    "tmpfs, false",
    "zfs, false",
    "apfs, false"
  })
  void whatMachinesShareIsKnownByItsKind(String type, boolean isShared) {
    assertEquals(isShared, Disk.isShared(type));
  }

  /** Half written by another program, of a version to come, or no file at all. */
  @Test
  void aRecordThatCannotBeReadIsASentenceAndTheOthersAreShown() throws IOException {
    new TinyRun(temp.resolve("good")).until(1);
    String record = Files.readString(temp.resolve("good/run.json"));
    for (String bad : new String[] {"half", "later", "folder", "empty"}) {
      Files.createDirectories(temp.resolve(bad));
    }
    Files.writeString(temp.resolve("half/run.json"), record.substring(0, 300));
    Files.writeString(
        temp.resolve("later/run.json"), record.replaceFirst("\"format\": 3", "\"format\": 99"));
    Files.createDirectories(temp.resolve("folder/run.json"));
    Files.writeString(temp.resolve("empty/run.json"), "");
    var index = new RunIndex(temp);
    Map<String, RunRow> rows = rows(index);
    assertEquals(RunState.STOPPED, rows.get("good").state());
    for (String bad : new String[] {"half", "later", "folder", "empty"}) {
      assertEquals(RunState.UNREADABLE, rows.get(bad).state(), bad);
      assertTrue(rows.get(bad).says().endsWith("."), rows.get(bad).says());
    }
    assertTrue(rows.get("later").says().contains("99"), rows.get("later").says());
    Files.writeString(temp.resolve("half/run.json"), record);
    assertEquals(RunState.STOPPED, rows(index).get("half").state());
  }

  @Test
  void whatHasNotChangedIsNotReadAgain() throws IOException {
    var run = new TinyRun(temp.resolve("run"));
    run.until(2);
    var index = new RunIndex(temp);
    String model = rows(index).get("run").model();
    assertSame(model, rows(index).get("run").model());
  }

  @Test
  void onlyIdsThatWereGivenOutAreFolders() {
    new TinyRun(temp.resolve("run")).until(1);
    var index = new RunIndex(temp);
    String id = rows(index).get("run").id();
    assertEquals(Optional.of(temp.resolve("run")), index.folder(id));
    for (String other : new String[] {"run", "../run", "", temp.resolve("run").toString()}) {
      assertEquals(Optional.empty(), index.folder(other));
    }
  }
}
