// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** What kind of disk a folder is on. */
final class Disk {
  /** File systems on which the lock of another machine's process may not be seen. */
  private static final Pattern SHARED =
      Pattern.compile(
          "nfs|cifs|smb|fuse|lustre|gpfs|beegfs|ceph|afs|9p|virtiofs|gluster|ocfs|gfs|pvfs|orange"
              + "|vboxsf|prl_fs|davfs|acfs|panfs|quobyte|weka");

  private Disk() {}

  /** Whether machines may share it; also where it is not known. */
  static boolean isShared(Path folder) {
    try {
      return isShared(Files.getFileStore(folder).type());
    } catch (IOException e) {
      return true;
    }
  }

  static boolean isShared(String type) {
    return SHARED.matcher(type.toLowerCase(Locale.ROOT)).find();
  }
}
