// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.data.DataLocations;
import io.github.cvaegpu.data.DatasetLoader;
import io.github.cvaegpu.data.IdxBytes;
import io.github.cvaegpu.data.RealMnist;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
  @TempDir private Path cache;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(Optional<Path> environmentFolder, String... arguments) {
    var locations = new DataLocations(cache, environmentFolder, true);
    return CvaeGpu.commandLine(new DataCommand(() -> new DatasetLoader(locations)))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private int execute(String... arguments) {
    return execute(Optional.empty(), arguments);
  }

  private String row(String name) {
    return out.toString().lines().filter(line -> line.startsWith(name + " ")).findFirst().get();
  }

  @Test
  void listsWhatIsAbsentAndHowToGetIt() {
    assertEquals(0, execute());
    assertEquals(
        List.of("NAME", "mnist", "fashion-mnist", "kmnist", "synthetic", "sprites"),
        out.toString().lines().map(line -> line.split(" ", 2)[0]).toList());
    assertEquals(
        "mnist          absent            -        -         -  %s (cvae-gpu data fetch mnist)"
            .formatted(cache.resolve("mnist")),
        row("mnist"));
    assertEquals(
        "synthetic      built in     60,000   10,000   28 x 28  drawn by the program",
        row("synthetic"));
    assertEquals(
        "sprites        built in     30,000    4,560   32 x 32  drawn by the program, with known"
            + " factors",
        row("sprites"));
  }

  @Test
  void listIsWhatItDoesWithoutACommand() {
    assertEquals(0, execute());
    String listed = out.toString();
    out.getBuffer().setLength(0);
    assertEquals(0, execute("list"));
    assertEquals(listed, out.toString());
    assertEquals(2, execute("lst"));
    assertTrue(err.toString().contains("Unknown argument 'lst'; did you mean list?"), "" + err);
  }

  @Test
  void listsTheEnvironmentsFolder() throws IOException {
    Path own = cache.resolve("own");
    IdxBytes.write(own);
    assertEquals(0, execute(Optional.of(own)));
    assertEquals(
        "CVAE_GPU_DATA  unverified       13       11     3 x 5  " + own, row("CVAE_GPU_DATA"));
  }

  @Test
  void listsWhatIsUnusableWithTheReason() throws IOException {
    IdxBytes.write(cache.resolve("kmnist"));
    assertEquals(0, execute(Optional.of(cache.resolve("nothing"))));
    assertTrue(row("kmnist").contains("unusable"), row("kmnist"));
    assertTrue(row("kmnist").contains("is not kmnist's file: its MD5 is"), row("kmnist"));
    assertTrue(row("CVAE_GPU_DATA").contains("There is no folder or file"), row("CVAE_GPU_DATA"));
  }

  @Test
  void listsRealMnistAsVerified() throws IOException {
    Files.createSymbolicLink(cache.resolve("mnist"), RealMnist.orSkip());
    assertEquals(0, execute());
    assertEquals(
        "mnist          verified     60,000   10,000   28 x 28  " + cache.resolve("mnist"),
        row("mnist"));
    assertEquals(0, execute("fetch", "mnist"));
    assertTrue(
        out.toString()
            .endsWith(
                "mnist is in %s, verified: 60,000 training and 10,000 test images.%n"
                    .formatted(cache.resolve("mnist"))),
        out.toString());
  }

  @Test
  void fetchThatCannotEndsWithOne() {
    assertEquals(1, execute("fetch", "mnist"));
    assertEquals("", out.toString());
    String sentence = err.toString().strip();
    assertTrue(sentence.startsWith("mnist cannot be had: "), sentence);
    assertEquals(1, sentence.lines().count(), sentence);
  }

  @Test
  void fetchOfAnUnknownNameEndsWithTwo() {
    assertEquals(2, execute("fetch", "kminst"));
    assertTrue(err.toString().contains("did you mean \"kmnist\""), err.toString());
    assertEquals(2, execute("fetch"));
    assertTrue(err.toString().contains("Missing required parameter: 'NAME'"), err.toString());
  }

  @Test
  void failuresAreLeftToTheOneThatTellsThem() {
    List<Exception> seen = new ArrayList<>();
    var command =
        CvaeGpu.commandLine(
                new DataCommand(
                    () -> {
                      throw new InputException("The environment is bad.");
                    }))
            .setExecutionExceptionHandler(
                (e, line, parsed) -> {
                  seen.add(e);
                  return 7;
                });
    assertEquals(7, command.execute());
    assertEquals(7, command.execute("fetch", "mnist"));
    assertEquals(7, command.execute("path", "mnist"));
    assertEquals(3, seen.size());
  }

  @Test
  void pathPrintsTheFolder() {
    assertEquals(0, execute("path", "fashion-mnist"));
    assertEquals(cache.resolve("fashion-mnist").toString(), out.toString().strip());
    assertEquals(2, execute("path", "nothing"));
  }

  @Test
  void everyOptionIsDocumentedWithItsDefault() {
    assertEquals(0, execute("fetch", "--help"));
    assertTrue(out.toString().contains("(default: false)"), out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void downloadsAreToldInLines() {
    var lines = new DownloadLines(new PrintWriter(out, true), false);
    URI url = URI.create("https://host/file.gz");
    lines.waiting(cache);
    lines.connecting(url);
    for (int received = 0; received <= 8_000_000; received += 500_000) {
      lines.received(url, received, 8_000_000);
    }
    lines.received(url, 5, -1);
    lines.stored(url, cache.resolve("file.gz"));
    lines.failed(url, url + " answered with HTTP status 404");
    assertEquals(
        List.of(
            "Waiting for another process that downloads into " + cache,
            "Downloading https://host/file.gz",
            "  25 % of 8.0 MB",
            "  50 % of 8.0 MB",
            "  75 % of 8.0 MB",
            "Checked and stored as " + cache.resolve("file.gz"),
            "https://host/file.gz answered with HTTP status 404"),
        out.toString().lines().toList());
  }
}
