// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.IOException;
import java.nio.file.Path;

/** Where this user's programs keep code that they have unpacked or compiled. */
public final class NativeFolder {
  private NativeFolder() {}

  /**
   * A folder that only this user can write to, for code to be loaded from. It need not exist.
   *
   * @param name its last part
   * @throws IOException if there is no such place
   */
  public static Path named(String name) throws IOException {
    // Without a home the cache is where everybody can write: no place to load code from.
    Path parent =
        UserCache.isTheUsersOwn()
            ? UserCache.folder().resolve("native")
            : PrivateFolder.in(Path.of(System.getProperty("java.io.tmpdir")));
    return parent.resolve(name);
  }
}
