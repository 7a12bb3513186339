// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * By what a file is known to be unchanged without being read.
 *
 * @param size bytes; -1 of a file that is not there
 * @param millis when it was last written, since 1970
 * @param key which file it is; null where the system does not tell
 */
record Stamp(long size, long millis, Object key) {
  private static final Stamp ABSENT = new Stamp(-1, 0, null);

  static Stamp of(Path file) {
    try {
      var found = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Stamp(found.size(), found.lastModifiedTime().toMillis(), found.fileKey());
    } catch (IOException e) {
      return ABSENT;
    }
  }
}
