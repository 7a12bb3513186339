// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.TinyImages;
import io.github.cvaegpu.launcher.RunningProcess;
import io.github.cvaegpu.report.Fonts;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged jar in folders whose names mean something in a URL. */
class JarFolderIT {
  @TempDir private Path temp;

  /** Runs a copy of the jar, with a cache that nothing was unpacked to before. */
  private RunningProcess.Result run(Path jar, String... args) throws Exception {
    ProcessBuilder builder = new JarProcess(temp, temp.resolve("cache")).builder(List.of(args));
    List<String> command = new ArrayList<>(builder.command());
    command.set(command.indexOf("-jar") + 1, jar.toString());
    builder.command(command);
    return new RunningProcess(builder).await();
  }

  private Path jarIn(String folder) throws Exception {
    assumeTrue(
        Charset.forName(System.getProperty("sun.jnu.encoding")).newEncoder().canEncode(folder),
        "this environment's file names cannot hold " + folder);
    Path parent = Files.createDirectories(temp.resolve(folder));
    return Files.copy(Path.of(System.getProperty("cvaegpu.jar")), parent.resolve("cvae-gpu.jar"));
  }

  private static void assertSucceeded(RunningProcess.Result result) {
    assertEquals(0, result.code(), result.text() + result.errors());
  }

  /** JCuda's and the kernels for the doctor, the page's files, pictures. */
  @ParameterizedTest
  @ValueSource(strings = {"tools!", "a!/b!", "sp ace#%41+ü!"})
  void trainsAndReports(String folder) throws Exception {
    Path jar = jarIn(folder);
    Path data = TinyImages.writeFolder(temp.resolve("data"), 1);
    Path run = temp.resolve("run");
    assertSucceeded(
        run(
            jar,
            "train",
            "--engine",
            "cpu",
            "--threads",
            "1",
            "--epochs",
            "1",
            "--hidden",
            "8",
            "--data",
            data.toString(),
            "--out",
            run.toString()));
    Path page = temp.resolve("page.html");
    assertSucceeded(
        run(
            jar,
            "report",
            "--engine",
            "cpu",
            "--threads",
            "1",
            run.toString(),
            "--out",
            page.toString()));
    assertTrue(Files.readString(page).contains("uPlot"));
    RunningProcess.Result doctor = run(jar, "doctor");
    assertSucceeded(doctor);
    assertTrue(doctor.text().matches("(?s).*\nCPU step +(native, for|in Java:) .*"), doctor.text());
  }

  /** Figures, which libraries draw. */
  @Test
  void reproduces() throws Exception {
    assumeTrue(Fonts.problem().isEmpty(), () -> Fonts.problem().get());
    Path data = TinyImages.writeFolder(temp.resolve("data"), 1);
    Path out = temp.resolve("study");
    RunningProcess.Result result =
        run(
            jarIn("tools!"),
            "reproduce",
            "--engine",
            "cpu",
            "--threads",
            "1",
            "--epochs",
            "1",
            "--lr",
            "0.001",
            "--data",
            data.toString(),
            "--out",
            out.toString());
    assertSucceeded(result);
    try (Stream<Path> files = Files.walk(out)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertTrue(names.stream().anyMatch(name -> name.endsWith(".svg")), names.toString());
      assertTrue(names.stream().anyMatch(name -> name.endsWith(".png")), names.toString());
    }
  }
}
