// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.RegularFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps two processes, or two threads of one, from downloading into the same folder at once. The
 * operating system gives the lock back when a process dies.
 */
final class FolderLock {
  private static final int POLL_MILLIS = 50;

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Makes the folder if need be, then waits for its lock for as long as another has it. */
  static FolderLock acquire(Path folder, DownloadListener listener)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    // The lock file stays: deleting it would let two processes lock two files of the same name.
    Path file = folder.resolve(".lock");
    FileChannel channel = openToWrite(file);
    try {
      for (boolean first = true; tryLock(channel) == null; first = false) {
        if (first) {
          listener.waiting(folder);
        }
        Thread.sleep(POLL_MILLIS);
      }
      return new FolderLock(channel);
    } catch (IOException | InterruptedException e) {
      channel.close();
      throw e;
    }
  }

  /** Opens a file of the cache, through no link; to open a pipe would be to wait for its reader. */
  static FileChannel openToWrite(Path file) throws IOException {
    try {
      return RegularFile.openToWrite(file);
    } catch (InputException e) {
      throw new IOException("%s is no regular file".formatted(file), e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by another thread of this process.
      return null;
    }
  }

  /** Lets the next one in. */
  void release() throws IOException {
    channel.close();
  }
}
