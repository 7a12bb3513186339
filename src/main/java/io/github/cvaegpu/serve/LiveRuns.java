// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.serve;

import java.nio.file.Path;
import java.util.Map;

/** The curves that pages show, read once for all of them; of the others the latest few. */
final class LiveRuns {
  /** Of 64 KB and a half each. */
  static final int MOST = 64;

  private final Map<String, LiveRun> runs = new Latest<>(MOST);

  /** The curves of a run, empty at first. */
  synchronized LiveRun of(String id, Path folder) {
    return runs.computeIfAbsent(id, key -> new LiveRun(folder));
  }
}
