// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DataLocationsTest {
  private static DataLocations linux(Map<String, String> environment) {
    return DataLocations.from(environment, "Linux", "/home/me");
  }

  @Test
  void theCacheIsWhereTheSystemKeepsCaches() {
    assertEquals(Path.of("/home/me/.cache/cvae-gpu"), linux(Map.of()).cache());
    assertEquals(Path.of("/xdg/cvae-gpu"), linux(Map.of("XDG_CACHE_HOME", "/xdg")).cache());
    assertEquals(
        Path.of("/home/me/.cache/cvae-gpu"), linux(Map.of("XDG_CACHE_HOME", "relative")).cache());
    assertEquals(
        Path.of("/Users/me/Library/Caches/cvae-gpu"),
        DataLocations.from(Map.of(), "Mac OS X", "/Users/me").cache());
    assertEquals(
        Path.of("/local/cvae-gpu"),
        DataLocations.from(Map.of("LOCALAPPDATA", "/local"), "Windows 11", "/u").cache());
    assertEquals(
        Path.of("/u/AppData/Local/cvae-gpu"),
        DataLocations.from(Map.of(), "Windows 11", "/u").cache());
  }

  @Test
  void aUserWithoutAHomeGetsATemporaryCache() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    assertEquals(
        temporary.resolve(".cache/cvae-gpu"), DataLocations.from(Map.of(), "Linux", "?").cache());
  }

  @Test
  void theFolderVariableCountsWhenItIsNotBlank() {
    assertEquals(
        Optional.of(Path.of("/data")), linux(Map.of("CVAE_GPU_DATA", "/data")).environmentFolder());
    assertEquals(Optional.empty(), linux(Map.of("CVAE_GPU_DATA", " ")).environmentFolder());
    assertEquals(Optional.empty(), linux(Map.of()).environmentFolder());
  }

  @Test
  void theOfflineVariableIsYesOrNo() {
    assertFalse(linux(Map.of()).offline());
    assertFalse(linux(Map.of("CVAE_GPU_OFFLINE", "0")).offline());
    assertFalse(linux(Map.of("CVAE_GPU_OFFLINE", "")).offline());
    assertTrue(linux(Map.of("CVAE_GPU_OFFLINE", "1")).offline());
    assertTrue(linux(Map.of("CVAE_GPU_OFFLINE", "TRUE")).offline());
    var e = assertThrows(InputException.class, () -> linux(Map.of("CVAE_GPU_OFFLINE", "perhaps")));
    assertEquals(
        "The environment variable CVAE_GPU_OFFLINE must be 1 or 0, not \"perhaps\".",
        e.getMessage());
  }

  @Test
  void anOptionCanForbidDownloadsAndNotAllowThem() {
    assertTrue(linux(Map.of()).offlineIf(true).offline());
    assertFalse(linux(Map.of()).offlineIf(false).offline());
    assertTrue(linux(Map.of("CVAE_GPU_OFFLINE", "1")).offlineIf(false).offline());
  }
}
