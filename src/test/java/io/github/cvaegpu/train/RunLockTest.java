// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.foreign.FileLocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether another process trains in a folder, asked without getting in its way. */
class RunLockTest {
  @TempDir Path temp;

  @Test
  void aProcessAtWorkIsSeenUntilItIsGone() throws IOException {
    Path folder = temp.resolve("rün");
    new TinyRun(folder).until(1);
    Path lock = RunDirectory.lockName(folder);
    assertEquals(Optional.of(false), RunDirectory.isLocked(folder));
    assertEquals(Optional.of(false), RunDirectory.isLockedAsTried(lock));
    try (var holder = new FolderHolder(folder)) {
      assertEquals(Optional.of(true), RunDirectory.isLocked(folder));
      assertEquals(Optional.of(true), RunDirectory.isLockedAsTried(lock));
      // Neither look has taken the folder from it.
      assertThrows(InputException.class, () -> RunDirectory.resume(folder));
      assertTrue(holder.isAlive());
    }
    assertEquals(Optional.of(false), RunDirectory.isLocked(folder));
    RunDirectory.resume(folder).close();
  }

  @Test
  void aFolderWithoutALockIsNotInUse() {
    assertEquals(Optional.of(false), RunDirectory.isLocked(temp));
  }

  @Test
  void linuxIsAskedAndNotTried() throws IOException {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "not Linux");
    Path file = Files.createFile(temp.resolve("file"));
    assertEquals(Optional.of(false), FileLocks.isHeldByAnother(file));
    assertEquals(Optional.empty(), FileLocks.isHeldByAnother(temp.resolve("absent")));
    assertEquals(
        Optional.empty(),
        FileLocks.isHeldByAnother(Files.createSymbolicLink(temp.resolve("link"), file)));
  }
}
