// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A process under test, its output collected while it runs. */
public final class RunningProcess {
  private static final int PATIENCE_SECONDS = 180;

  private final Process process;
  private final Collector out;
  private final Collector err;

  /** Starts a process. */
  public RunningProcess(ProcessBuilder builder) throws IOException {
    process = builder.start();
    out = new Collector(process.getInputStream());
    err = new Collector(process.getErrorStream());
  }

  /** A Java on this machine that is too old for the program but not for its launcher, or null. */
  public static File findOldJava() {
    List<File> places = new ArrayList<>();
    for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
      places.add(new File(folder, "java"));
    }
    File[] homes = new File("/usr/lib/jvm").listFiles();
    if (homes != null) {
      places.addAll(Arrays.asList(homes));
    }
    for (File place : places) {
      File java = JavaRuntime.binary(place);
      if (java != null) {
        JavaRuntime runtime = JavaRuntime.inspect(java);
        if (runtime.feature() >= 11 && runtime.feature() < JavaRuntime.FEATURE) {
          return runtime.java();
        }
      }
    }
    return null;
  }

  /** The process. */
  public Process process() {
    return process;
  }

  /** Its standard output. */
  public Collector out() {
    return out;
  }

  /** Its standard error. */
  public Collector err() {
    return err;
  }

  /** Waits for its end. */
  public Result await() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running; stderr: " + err.text());
    }
    out.join();
    err.join();
    return new Result(process.exitValue(), out.bytes(), err.bytes());
  }

  /**
   * What a process came to.
   *
   * @param code its exit code
   * @param out its standard output
   * @param err its standard error
   */
  @SuppressWarnings("ArrayRecordComponent") // A plain carrier, compared by nobody.
  public record Result(int code, byte[] out, byte[] err) {
    /** Standard output. */
    public String text() {
      return new String(out, UTF_8);
    }

    /** Lines of standard output. */
    public List<String> lines() {
      return text().lines().toList();
    }

    /** Standard error. */
    public String errors() {
      return new String(err, UTF_8);
    }
  }

  /** Reads a stream to its end. */
  public static final class Collector extends Thread {
    private final InputStream in;
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();

    Collector(InputStream in) {
      this.in = in;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try {
        in.transferTo(read);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** What was read so far. */
    public byte[] bytes() {
      return read.toByteArray();
    }

    /** What was read so far. */
    public String text() {
      return read.toString(UTF_8);
    }

    /** Waits until there is this text and no other. */
    public void awaitText(String expected) throws InterruptedException {
      await(expected, text -> text.equals(expected));
    }

    /** Waits until the text contains this. */
    public void awaitPart(String part) throws InterruptedException {
      await(part, text -> text.contains(part));
    }

    private void await(String expected, Predicate<String> found) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!found.test(text())) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("expected " + expected + " but there is " + text());
        }
        Thread.sleep(10);
      }
    }
  }
}
