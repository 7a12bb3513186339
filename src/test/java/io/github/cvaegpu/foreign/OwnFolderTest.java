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

/** Which folders code may be loaded from. */
class OwnFolderTest {
  @TempDir private Path temporary;
  private int user;

  @BeforeEach
  void openToOthersToLookAt() throws IOException {
    assumeTrue(
        FileSystems.getDefault().supportedFileAttributeViews().contains("unix"),
        "this system's files have no owners by number");
    user = OwnFolder.userId();
    // JUnit's is closed to others, and so all below it would be.
    mode(temporary, "rwxr-xr-x");
  }

  private static void mode(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private void assertRefused(Path wanted, Path because) {
    var refusal = assertThrows(IOException.class, () -> OwnFolder.create(wanted, user));
    assertEquals(
        "others could put files into %s, for %s is not a folder that only this user can write to"
            .formatted(wanted, because),
        refusal.getMessage());
  }

  @Test
  void everyRunHasTheSameFolderClosedToOthers() throws IOException {
    Path folder = OwnFolder.create(temporary.resolve("a/b"), user);
    assertEquals(temporary.resolve("a/b"), folder);
    for (Path made : new Path[] {folder, folder.getParent()}) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }
    assertEquals(folder, OwnFolder.create(folder, user));
  }

  @Test
  void aFolderThatOthersWriteToIsRefusedWhereverOnTheWayItIs() throws IOException {
    Path home = Files.createDirectory(temporary.resolve("home"));
    Path cache = OwnFolder.create(home.resolve("cache/native"), user);
    mode(cache.getParent(), "rwxr-xr-x");
    for (String permissions : new String[] {"rwxrwxr-x", "rwxr-xrwx"}) {
      for (Path open : new Path[] {home, cache.getParent(), cache}) {
        mode(open, permissions);
        assertRefused(cache, open);
        mode(open, "rwxr-xr-x");
      }
    }
    assertEquals(cache, OwnFolder.create(cache, user));
  }

  /** Nothing is made where others could put a folder in its place. */
  @Test
  void nothingIsMadeInAFolderThatOthersWriteTo() throws IOException {
    mode(temporary, "rwxrwxrwx");
    Path wanted = temporary.resolve("cache");
    assertThrows(IOException.class, () -> OwnFolder.create(wanted, user));
    assertFalse(Files.exists(wanted));
  }

  /** As /tmp is: others can make folders there, but not rename this user's. */
  @Test
  void aStickyFolderIsAWayButNoPlace() throws IOException {
    Path sticky = Files.createDirectory(temporary.resolve("sticky"));
    Files.setAttribute(sticky, "unix:mode", 01777);
    assertEquals(sticky.resolve("own"), OwnFolder.create(sticky.resolve("own"), user));
    assertRefused(sticky, sticky);
  }

  @Test
  void belowAFolderClosedToOthersTheirBitsMeanNothing() throws IOException {
    Path closed = Files.createDirectory(temporary.resolve("closed"));
    Path inside = OwnFolder.create(closed.resolve("inside"), user);
    mode(inside, "rwxrwxrwx");
    mode(closed, "rwxr--r--");
    assertEquals(inside, OwnFolder.create(inside, user));
    mode(closed, "rwxr-x---");
    assertRefused(inside, inside);
  }

  /** A folder in a sticky one may be anybody's, made before this user came. */
  @Test
  void anotherUsersFolderIsRefused() throws IOException {
    Path folder = OwnFolder.create(temporary.resolve("folder"), user);
    // Root's folders are anybody's to trust, so the other user has to be the one who asks.
    if (user == 0) {
      Files.setAttribute(folder, "unix:uid", 12345);
      assertRefused(folder, folder);
    } else {
      assertThrows(IOException.class, () -> OwnFolder.create(folder, user + 1));
    }
  }

  @Test
  void whatALinkLeadsToIsLookedAt() throws IOException {
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(temporary.resolve("link"), elsewhere);
    assertEquals(elsewhere, OwnFolder.create(link, user));
    mode(elsewhere, "rwxrwxrwx");
    var refusal = assertThrows(IOException.class, () -> OwnFolder.create(link, user));
    assertTrue(refusal.getMessage().contains(elsewhere.toString()), refusal.getMessage());
  }

  @Test
  void aFileInTheWayIsRefused() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");
    assertThrows(IOException.class, () -> OwnFolder.create(file, user));
    assertThrows(IOException.class, () -> OwnFolder.create(file.resolve("native"), user));
  }

  @Test
  void aUserWithoutAHomeHasNoCacheToLoadFrom() {
    assertTrue(UserCache.isTheUsersOwn(Map.of(), "/home/me"));
    assertTrue(UserCache.isTheUsersOwn(Map.of("XDG_CACHE_HOME", "/var/mine"), "?"));
    assertFalse(UserCache.isTheUsersOwn(Map.of(), "?"));
    assertFalse(UserCache.isTheUsersOwn(Map.of("XDG_CACHE_HOME", "relative"), "?"));
  }
}
