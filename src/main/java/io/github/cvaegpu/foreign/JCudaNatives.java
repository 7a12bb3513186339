// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.foreign;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * JCuda's own shared libraries, which the jar carries. JCuda unpacks them by itself, but under
 * names that anybody could have put there before, in the folder for everybody's temporary files,
 * and not whole if it is killed meanwhile. So they are unpacked here, to a folder of the user's,
 * and JCuda is pointed at it while it looks.
 */
public final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";

  private final BundledLibrary bundle;
  private final String version;

  /**
   * @param version JCuda's
   */
  public JCudaNatives(String version) {
    this.version = version;
    String suffix = "-" + version + "-" + BundledLibrary.platform() + ".so";
    bundle = new BundledLibrary("lib/", List.of("libJCudaDriver" + suffix, "libJCublas2" + suffix));
  }

  /** Whether the jar has them for this platform. */
  public boolean areInJar() {
    return bundle.isInJar();
  }

  /**
   * Unpacks the libraries and has JCuda load them.
   *
   * @param firstUse uses JCuda's classes for the first time in this process
   * @throws IOException if there is no place to unpack them to
   */
  public void load(Runnable firstUse) throws IOException {
    Path folder = bundle.unpackedIn("jcuda-" + version);
    String before = System.getProperty(TEMPORARY);
    System.setProperty(TEMPORARY, folder.toString());
    try {
      firstUse.run();
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }
}
