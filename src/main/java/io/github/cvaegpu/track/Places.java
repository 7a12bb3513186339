// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where trackers write. */
final class Places {
  private Places() {}

  /**
   * Refuses a folder that is none, or that could not be made or written to.
   *
   * @param folder absolute
   */
  static void requireFolder(Path folder) {
    Path there = folder;
    while (!RegularFile.isTaken(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new InputException("%s is no folder.".formatted(there));
    }
    if (!Files.isWritable(there)) {
      throw new InputException("%s cannot be written to: permission denied.".formatted(there));
    }
  }
}
