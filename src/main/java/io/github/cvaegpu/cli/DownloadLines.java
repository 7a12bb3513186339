// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import io.github.cvaegpu.data.DownloadListener;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;

/** Tells of a download in lines that read well on a terminal and in a log file. */
final class DownloadLines implements DownloadListener {
  private static final int QUARTERS = 4;

  private final PrintWriter out;
  private long quartersTold;

  DownloadLines(PrintWriter out) {
    this.out = out;
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

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
