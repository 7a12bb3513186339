// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.data;

import java.net.URI;
import java.nio.file.Path;

/**
 * Hears how a download goes, and how many pictures are read. Called on the thread that asked for
 * the data, but for {@link #reading}.
 */
public interface DownloadListener {
  /** Hears nothing. */
  DownloadListener SILENT = new DownloadListener() {};

  /** Another process is downloading into the same folder, and this one waits for it. */
  default void waiting(Path folder) {}

  /** A file is asked for, the first time or again. */
  default void connecting(URI url) {}

  /**
   * More of a file has come.
   *
   * @param url where it comes from
   * @param received bytes so far
   * @param total bytes of the file, or -1 where the server does not say
   */
  default void received(URI url, long received, long total) {}

  /** A file is complete, has its published checksum and is in its place. */
  default void stored(URI url, Path file) {}

  /**
   * So many pictures of a folder, or of its part, are read. Told by one thread at a time, not
   * always the same one.
   *
   * @param done of them, now and then one more, and all in the end
   * @param total of them
   */
  default void reading(int done, int total) {}

  /**
   * A mirror is given up.
   *
   * @param reason a sentence without its full stop, beginning with the URL
   */
  default void failed(URI url, String reason) {}
}
