// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Java homes made of a {@code release} file and a script. */
final class FakeJava {
  private FakeJava() {}

  /** A home whose release file says everything; its binary fails. */
  static Path home(Path folder, String version) throws IOException {
    return homeWith(folder, "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n", "exit 3");
  }

  /** A home with a release file of these lines and a script for a binary. */
  static Path homeWith(Path folder, String release, String script) throws IOException {
    script(folder.resolve("bin/java"), script);
    Files.writeString(folder.resolve("release"), release);
    return folder;
  }

  /** A shell script that can be run. */
  static Path script(Path file, String commands) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + commands + "\n");
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("cannot make executable: " + file);
    }
    return file;
  }

  /** Commands that answer like {@code java -XshowSettings:properties -version}. */
  static String settings(String version, Path home) {
    return "echo 'Property settings:' >&2\n"
        + "echo '    java.home = "
        + home
        + "' >&2\n"
        + "echo '    java.version = "
        + version
        + "' >&2\n"
        + "echo '    java.version.date = 2026-01-01' >&2";
  }
}
