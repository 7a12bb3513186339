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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Folders that nobody but this user, and root, can put files into or another folder in the place
 * of. Code is loaded from them, so one that somebody else could have filled is refused: owner and
 * mode of every folder on the way from the root are looked at, after links.
 */
final class OwnFolder {
  /** Bits of a file's mode by which its group or everybody may write to it. */
  static final int OTHERS_WRITE = 0022;

  private static final int OTHERS_ENTER = 0011;
  private static final int STICKY = 01000;
  private static final int ROOT = 0;

  /** The owner that the kernel gives for users whom a container's users do not include. */
  private static final int UNMAPPED = 65534;

  private static final Path USER_MAP = Path.of("/proc/self/uid_map");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private OwnFolder() {}

  /**
   * A folder, created if need be, closed to others.
   *
   * @return its path without links
   * @throws IOException if it cannot be made, or others could change what is in it
   */
  static Path create(Path folder) throws IOException {
    return create(folder, userId());
  }

  /** As {@link #create(Path)}, for the user of a number. */
  static Path create(Path folder, int user) throws IOException {
    try {
      List<Path> missing = new ArrayList<>();
      Path existing = folder.toAbsolutePath().normalize();
      while (!Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
        missing.add(existing);
        existing = existing.getParent();
      }
      if (!missing.isEmpty()) {
        require(existing.toRealPath(), user, false);
      }
      for (Path part : missing.reversed()) {
        try {
          Files.createDirectory(part, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } catch (FileAlreadyExistsException e) {
          // Another process of ours was faster, or it is somebody else's, which is found out below.
        }
      }
      Path made = folder.toRealPath();
      require(made, user, true);
      return made;
    } catch (UnsupportedOperationException e) {
      throw new IOException("this system does not say who owns a folder", e);
    }
  }

  /**
   * Looks at a folder and all above it.
   *
   * @param path without links
   * @param toKeepIn whether files will be put into it, not only folders of this user's
   */
  private static void require(Path path, int user, boolean toKeepIn) throws IOException {
    boolean rootIsNobody = nobodyIsUnmapped();
    // Below a folder of the user's that others cannot enter, they can do nothing.
    boolean isClosed = false;
    for (int count = 0; count <= path.getNameCount(); count++) {
      Path part = count == 0 ? path.getRoot() : path.getRoot().resolve(path.subpath(0, count));
      Map<String, Object> found =
          Files.readAttributes(part, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
      int owner = (Integer) found.get("uid");
      int mode = (Integer) found.get("mode");
      boolean isFolder = (Boolean) found.get("isDirectory");
      boolean isTrusted = owner == user || owner == ROOT || (rootIsNobody && owner == UNMAPPED);
      // What is in a sticky folder only its owner can rename, and that owner is looked at next.
      boolean isSafeParent = (mode & STICKY) != 0 && !(toKeepIn && count == path.getNameCount());
      boolean isOpen = (mode & OTHERS_WRITE) != 0 && !isSafeParent && !isClosed;
      if (!isFolder || !isTrusted || isOpen) {
        throw new IOException(
            "others could put files into %s, for %s is not a folder that only this user can write to"
                .formatted(path, part));
      }
      isClosed |= owner == user && (mode & OTHERS_ENTER) == 0;
    }
  }

  /**
   * Whether a folder of nobody's can only be of users outside: in the container of a user without
   * privileges, that is what the machine's root looks like.
   */
  private static boolean nobodyIsUnmapped() {
    try {
      for (String line : Files.readAllLines(USER_MAP)) {
        String[] words = line.strip().split("\\s+", -1);
        long first = Long.parseLong(words[0]);
        if (first <= UNMAPPED && UNMAPPED < first + Long.parseLong(words[2])) {
          return false;
        }
      }
      return true;
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** The user's number: a container's user may have no name. */
  static int userId() throws IOException {
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
