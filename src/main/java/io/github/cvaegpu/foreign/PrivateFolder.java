// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Folders among other users' that only this user can write to. Code is loaded from them, so one
 * that somebody else could have filled is refused.
 */
final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private PrivateFolder() {}

  /**
   * This user's folder for native libraries in the folder for temporary files, the same in every
   * run.
   *
   * @param temporary the folder for temporary files
   * @throws IOException if it cannot be made, or is not this user's alone
   */
  static Path in(Path temporary) throws IOException {
    int user = userId();
    Path folder = temporary.resolve(String.format(Locale.ROOT, "cvae-gpu-%d-native", user));
    return ownedBy(user, folder);
  }

  /** A folder, created if need be, that belongs to a user and is closed to all others. */
  static Path ownedBy(int user, Path folder) throws IOException {
    try {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    } catch (FileAlreadyExistsException e) {
      // Perhaps an earlier run's, which the following finds out.
    }
    Map<String, Object> found =
        Files.readAttributes(folder, "unix:uid,isDirectory,permissions", LinkOption.NOFOLLOW_LINKS);
    boolean isFolder = (Boolean) found.get("isDirectory");
    if (!isFolder
        || (Integer) found.get("uid") != user
        || !OWNER_ONLY.containsAll((Set<?>) found.get("permissions"))) {
      throw new IOException(folder + " is not a folder that only this user can write to");
    }
    return folder;
  }

  /** The user's number: a container's user may have no name. */
  private static int userId() throws IOException {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> geteuid = linker.defaultLookup().find("geteuid");
    if (geteuid.isEmpty()) {
      throw new IOException("this system does not say which user this is");
    }
    var handle = linker.downcallHandle(geteuid.get(), FunctionDescriptor.of(JAVA_INT));
    try {
      return (int) handle.invokeExact();
    } catch (Throwable e) {
      throw new LinkageError("geteuid", e);
    }
  }
}
