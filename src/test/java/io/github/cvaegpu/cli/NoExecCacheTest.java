// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.foreign.CpuLibraries;
import io.github.cvaegpu.foreign.NvidiaWheels;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Folders whose file system forbids code, as a hardened machine's home has it. They are mounted in
 * a namespace of the process's own, which goes away with it; that takes a Linux and root.
 */
@Execution(ExecutionMode.CONCURRENT)
class NoExecCacheTest {
  @TempDir private Path folder;
  private Path cache;
  private Path temporary;

  @BeforeEach
  void makeFolders() throws Exception {
    CpuLibraries.Found found = CpuLibraries.get();
    assumeTrue(found.library().isPresent(), found.problem());
    cache = Files.createDirectories(folder.resolve("cache"));
    temporary = Files.createDirectories(folder.resolve("temporary"));
    assumeTrue(
        canMount(), "nothing can be mounted here: that takes root, unshare, mount and Linux");
  }

  private boolean canMount() throws InterruptedException {
    try {
      return new RunningProcess(mounted(new ProcessBuilder("true"), cache)).await().code() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** The same command, with file systems that forbid code on these folders. */
  private static ProcessBuilder mounted(ProcessBuilder program, Path... places) {
    List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-ec"));
    // The mode, for a folder that others could write to would not do in any case.
    command.add(
        "for place in $PLACES; do mount -t tmpfs -o noexec,mode=0755 none \"$place\"; done;"
            + " exec \"$@\"");
    command.add("sh");
    command.addAll(program.command());
    String all = String.join(" ", Stream.of(places).map(Path::toString).toList());
    program.environment().put("PLACES", all);
    return program.command(command);
  }

  private RunningProcess.Result run(List<Path> noExec, String... arguments) throws Exception {
    ProcessBuilder builder = NvidiaWheels.java(CvaeGpu.class, arguments).redirectErrorStream(false);
    builder.environment().remove("CVAE_GPU_ISA");
    builder.environment().put("XDG_CACHE_HOME", cache.toString());
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    return new RunningProcess(mounted(builder, noExec.toArray(Path[]::new))).await();
  }

  private RunningProcess.Result train(List<Path> noExec) throws Exception {
    Path images = TinyImages.writeFolder(folder.resolve("images"), 1);
    return run(
        noExec,
        "train",
        "--engine",
        "cpu",
        "--data",
        images.toString(),
        "--epochs",
        "1",
        "--hidden",
        "20,10",
        "--kl",
        "0.5",
        "--out",
        folder.resolve("run").toString());
  }

  private static String step(RunningProcess.Result doctor) {
    return doctor
        .text()
        .lines()
        .filter(line -> line.startsWith("CPU step"))
        .findFirst()
        .orElseThrow(() -> new AssertionError(doctor.text() + doctor.errors()));
  }

  private static boolean hasLibrary(Path below) throws IOException {
    try (Stream<Path> files = Files.walk(below)) {
      return files.anyMatch(file -> file.getFileName().toString().startsWith("libcvae-cpu-"));
    }
  }

  @Test
  void theNextFolderIsTakenWhereTheCacheForbidsCode() throws Exception {
    RunningProcess.Result doctor = run(List.of(cache), "doctor");
    assertTrue(step(doctor).startsWith("CPU step   native, for "), step(doctor));
    assertTrue(hasLibrary(temporary));
    RunningProcess.Result train = train(List.of(cache));
    assertEquals(0, train.code(), train.errors());
    assertTrue(train.errors().contains("native step"), train.errors());
  }

  @Test
  void theCacheIsTakenWhereItAllowsCode() throws Exception {
    assertTrue(step(run(List.of(temporary), "doctor")).startsWith("CPU step   native, for "));
    assertTrue(hasLibrary(cache));
    assertFalse(hasLibrary(temporary));
  }

  @Test
  void theStepIsInJavaAndSaysWhyWhereNoFolderAllowsCode() throws Exception {
    List<Path> both = List.of(cache, temporary);
    String said = step(run(both, "doctor"));
    assertTrue(
        said.matches(
            "CPU step   in Java: of the native ones, it cannot be unpacked and loaded: neither the"
                + " user's cache nor the folder for temporary files can hold it \\(.*"
                + temporary
                + ".*\\)"),
        said);
    RunningProcess.Result train = train(both);
    assertEquals(0, train.code(), train.errors());
    assertTrue(train.errors().contains("Java step"), train.errors());
    assertTrue(
        train
            .errors()
            .contains(
                "Warning: there is no native step, so the slower one in Java is taken: it cannot be"
                    + " unpacked and loaded: "),
        train.errors());
  }
}
