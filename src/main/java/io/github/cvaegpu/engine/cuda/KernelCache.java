// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import io.github.cvaegpu.Digests;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;

/**
 * What was found out about kernels, kept for later runs: code that NVRTC has made of them, or how
 * they are best launched. A file begins with the SHA-256 of what it was kept under and of the code:
 * a damaged one, or another's code under this name, is nothing that was kept.
 */
final class KernelCache {
  private static final int DIGEST_BYTES = 32;

  /** A cubin of ours, for sm_90, has 1.3 MB. */
  private static final int MOST_BYTES = 1 << 26;

  private final Path folder;
  private final String suffix;

  /**
   * @param folder that nobody else can write to
   * @param suffix of the files
   */
  KernelCache(Path folder, String suffix) {
    this.folder = folder;
    this.suffix = suffix;
  }

  /**
   * What was kept, unless it was lost or damaged.
   *
   * @param key of letters, digits, dots, hyphens and underscores: all that the code depends on
   */
  Optional<byte[]> get(String key) {
    Path file = file(key);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] found = in.readNBytes(MOST_BYTES);
      if (found.length <= DIGEST_BYTES) {
        return Optional.empty();
      }
      byte[] code = Arrays.copyOfRange(found, DIGEST_BYTES, found.length);
      boolean isWhole = Arrays.equals(found, 0, DIGEST_BYTES, digest(key, code), 0, DIGEST_BYTES);
      return isWhole ? Optional.of(code) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Keeps code if that can be done; what was kept under the key before is replaced. */
  void put(String key, byte[] code) {
    var content = new ByteArrayOutputStream();
    content.writeBytes(digest(key, code));
    content.writeBytes(code);
    try {
      Path partial = Files.createTempFile(folder, "kernels", null);
      try {
        Files.write(partial, content.toByteArray());
        Files.move(partial, file(key), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      // The next run finds it out again.
    }
  }

  private Path file(String key) {
    return folder.resolve(key + suffix);
  }

  private static byte[] digest(String key, byte[] code) {
    MessageDigest digest = Digests.sha256();
    digest.update(key.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    return digest.digest(code);
  }
}
