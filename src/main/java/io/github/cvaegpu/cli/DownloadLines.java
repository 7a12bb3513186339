// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.DownloadListener;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Tells of a download in lines that read well on a terminal and in a log file, and of pictures that
 * are read by a bar, on a terminal alone.
 */
final class DownloadLines implements DownloadListener, AutoCloseable {
  private static final int QUARTERS = 4;
  private static final String READING = "Reading";

  private final PrintWriter out;
  private final boolean hasBar;
  private WorkBar bar; // null until a picture is read
  private long quartersTold;

  /**
   * @param out gets the lines
   * @param hasBar whether a bar is welcome
   */
  DownloadLines(PrintWriter out, boolean hasBar) {
    this.out = out;
    this.hasBar = hasBar;
  }

  @Override
  public void waiting(Path folder) {
    say("Waiting for another process that downloads into " + folder);
  }

  @Override
  public void connecting(URI url) {
    quartersTold = 0;
    say("Downloading " + url);
  }

  @Override
  public void received(URI url, long received, long total) {
    long quarters = total > 0 ? QUARTERS * received / total : 0;
    if (quarters > quartersTold && quarters < QUARTERS) {
      quartersTold = quarters;
      say(String.format(Locale.ROOT, "  %d %% of %.1f MB", 100 * quarters / QUARTERS, total / 1e6));
    }
  }

  @Override
  public void stored(URI url, Path file) {
    say("Checked and stored as " + file);
  }

  @Override
  public void failed(URI url, String reason) {
    say(reason);
  }

  @Override
  public void reading(int done, int total) {
    if (bar == null) {
      bar = WorkBar.ofStages(READING, "pictures", hasBar);
    }
    bar.accept(READING, done, total);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
