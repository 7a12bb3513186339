// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {
  @TempDir private Path temporary;

  @BeforeEach
  void needsOwners() {
    assumeTrue(
        FileSystems.getDefault().supportedFileAttributeViews().contains("unix"),
        "this system's files have no owners by number");
  }

  private void assertRefused(Path folder) throws IOException {
    var refusal = assertThrows(IOException.class, () -> PrivateFolder.in(temporary));
    assertEquals(
        folder + " is not a folder that only this user can write to", refusal.getMessage());
  }

  @Test
  void everyRunHasTheSameFolderClosedToOthers() throws IOException {
    Path folder = PrivateFolder.in(temporary);
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    assertEquals(folder, PrivateFolder.in(temporary));
  }

  @Test
  void aFolderOpenToOthersIsRefused() throws IOException {
    Path folder = PrivateFolder.in(temporary);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwx---"));
    assertRefused(folder);
  }

  @Test
  void anotherUsersFolderIsRefused() throws IOException {
    Path folder = PrivateFolder.in(temporary);
    int owner = (Integer) Files.getAttribute(folder, "unix:uid");
    assertEquals(folder, PrivateFolder.ownedBy(owner, folder));
    assertThrows(IOException.class, () -> PrivateFolder.ownedBy(owner + 1, folder));
  }

  @Test
  void aLinkIsRefused() throws IOException {
    Path folder = PrivateFolder.in(temporary);
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(folder, elsewhere);
    Files.createSymbolicLink(folder, elsewhere);
    assertRefused(folder);
  }

  @Test
  void aUserWithoutAHomeHasNoCacheToLoadFrom() {
    assertTrue(UserCache.isTheUsersOwn(Map.of(), "/home/me"));
    assertTrue(UserCache.isTheUsersOwn(Map.of("XDG_CACHE_HOME", "/var/mine"), "?"));
    assertFalse(UserCache.isTheUsersOwn(Map.of(), "?"));
    assertFalse(UserCache.isTheUsersOwn(Map.of("XDG_CACHE_HOME", "relative"), "?"));
  }
}
