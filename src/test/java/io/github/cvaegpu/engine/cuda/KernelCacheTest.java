// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCacheTest {
  private static final String KEY = "0a1b-sm_90-nvrtc-13.0";
  private static final byte[] CODE = {0x7f, 'E', 'L', 'F', 1, 2, 3};

  @TempDir private Path folder;
  private KernelCache cache;

  @BeforeEach
  void keep() {
    cache = new KernelCache(folder, ".cubin");
    assertTrue(cache.get(KEY).isEmpty());
    cache.put(KEY, CODE);
  }

  private Path file() {
    return folder.resolve(KEY + ".cubin");
  }

  @Test
  void keepsCode() throws IOException {
    assertArrayEquals(CODE, cache.get(KEY).orElseThrow());
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file()), files.toList());
    }
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(file(), damaged);
      assertTrue(cache.get(KEY).isEmpty(), "bit " + bit);
    }
  }

  @Test
  void aFileCutShortIsNothing() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    for (int length = 0; length < whole.length; length++) {
      Files.write(file(), Arrays.copyOf(whole, length));
      assertTrue(cache.get(KEY).isEmpty(), "length " + length);
    }
    cache.put(KEY, CODE);
    assertArrayEquals(CODE, cache.get(KEY).orElseThrow());
  }

  /** Code for another GPU under this one's name, and what version 0.1.0 kept, without a digest. */
  @Test
  void codeOfAnotherKeyIsNothing() throws IOException {
    Files.move(file(), folder.resolve("0a1b-sm_80-nvrtc-13.0.cubin"));
    assertTrue(cache.get("0a1b-sm_80-nvrtc-13.0").isEmpty());
    Files.write(file(), CODE);
    assertTrue(cache.get(KEY).isEmpty());
  }

  @Test
  void aLinkIsNothing() throws IOException {
    Path elsewhere = Files.move(file(), folder.resolve("elsewhere"));
    Files.createSymbolicLink(file(), elsewhere);
    assertTrue(cache.get(KEY).isEmpty());
  }

  @Test
  void whereNothingCanBeKeptNothingIs() throws IOException {
    var none = new KernelCache(folder.resolve("absent"), ".cubin");
    none.put(KEY, CODE);
    assertTrue(none.get(KEY).isEmpty());
  }

  @Test
  void theKeyHasTheCompilersOptions() {
    Map<String, String> sources = Map.of("a.cu", "int x;");
    assertNotEquals(
        KernelSources.sha256(sources, List.of("--fmad=false")),
        KernelSources.sha256(sources, List.of("--fmad=true")));
  }
}
