// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the build of the kernels keeps for the next one, with a stand-in for nvcc. */
class KernelsBuildTest {
  private static final String NVCC =
      """
      #!/bin/sh
      case "$1" in
        --version) echo "Cuda compilation tools, release $RELEASE"; exit ;;
        --list-gpu-arch) echo compute_90; exit ;;
      esac
      echo called >>"$CALLS"
      while [ $# -gt 0 ]; do
        [ "$1" != -o ] || echo "code of $RELEASE" >"$2"
        shift
      done
      echo "ptxas info    : Compiling entry function 'adam' for 'sm_90'"
      echo "ptxas info    : Used 32 registers, 380 bytes cmem[0]"
      exit "$STATUS"
      """;

  @TempDir private Path folder;
  private Path calls;
  private int builds;

  @BeforeEach
  void makeCompiler() throws IOException {
    assumeTrue(Files.exists(Path.of("kernels/build.sh")), "the sources are not here");
    calls = Files.createFile(folder.resolve("calls"));
    Files.createFile(
        folder.resolve("nvcc"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Files.writeString(folder.resolve("nvcc"), NVCC);
  }

  /** Where a build has put what it made. */
  private Path build(String release, int status) throws IOException, InterruptedException {
    Path out = folder.resolve("build" + builds++);
    var builder = new ProcessBuilder("kernels/build.sh", out.toString());
    var environment = builder.environment();
    environment.put("NVCC", folder.resolve("nvcc").toString());
    environment.put("CVAE_GPU_KERNELS", folder.resolve("kept").toString());
    environment.put("CALLS", calls.toString());
    environment.put("RELEASE", release);
    environment.put("STATUS", Integer.toString(status));
    RunningProcess.Result result = new RunningProcess(builder).await();
    assertEquals(status, result.code(), result.errors());
    return out;
  }

  private int calls() throws IOException {
    return Files.readAllLines(calls).size();
  }

  private static void assertSame(Path one, Path other) throws IOException {
    for (String file :
        new String[] {"resources.txt", "resources/io/github/cvaegpu/kernels/kernels.fatbin"}) {
      assertEquals(-1, Files.mismatch(one.resolve(file), other.resolve(file)), file);
    }
  }

  @Test
  void theSameFilesAreCompiledOnce() throws Exception {
    Path first = build("13.0", 0);
    String resources = Files.readString(first.resolve("resources.txt"));
    assertTrue(resources.contains("adam"), resources);
    assertSame(first, build("13.0", 0));
    assertEquals(1, calls());
  }

  @Test
  void anotherCompilerCompilesThemAgain() throws Exception {
    build("13.0", 0);
    Path other = build("13.1", 0);
    assertEquals(2, calls());
    assertSame(other, build("13.1", 0));
    assertEquals(2, calls());
  }

  @Test
  void whatNvccComplainsOfIsNotKept() throws Exception {
    build("13.0", 1);
    build("13.0", 1);
    assertEquals(2, calls());
    build("13.0", 0);
    assertEquals(3, calls());
  }
}
