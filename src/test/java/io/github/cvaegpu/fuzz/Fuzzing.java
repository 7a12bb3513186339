// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.fuzz;

import io.github.cvaegpu.train.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Gives a reader many damaged files, and holds it to what every reader promises: it gives back what
 * the file means, or refuses it in a sentence; soon, and without taking much memory.
 *
 * <p>Input number n of a seed is always the same. System properties: {@code cvaegpu.fuzz.seed} for
 * other inputs, {@code cvaegpu.fuzz.count} for more or fewer, {@code cvaegpu.fuzz.seconds} to stop
 * early, {@code cvaegpu.fuzz.case} for one input alone, {@code cvaegpu.fuzz.results} for a folder
 * to write the counts to.
 */
public final class Fuzzing {
  private static final long SEED = Long.getLong("cvaegpu.fuzz.seed", 1);
  private static final long FOR_EVER = 1_000_000;
  private static final long SECONDS = Long.getLong("cvaegpu.fuzz.seconds", FOR_EVER);

  /** Of the processor, so that a busy machine makes no fault. */
  private static final long MAX_MILLIS = 250;

  /** Of the clock, for what waits or never ends. */
  private static final long PATIENCE_SECONDS = 60;

  private static final int SHOWN = 12;

  private final String name;
  private final int count;
  private long maxMegabytes = 64;

  private final Map<String, Fault> faults = new LinkedHashMap<>();
  private volatile Damage current;
  private volatile long begun;
  private int done;
  private int accepted;
  private long slowest;
  private long largest;
  private long spent;

  /** What is done with one input: damage something, have it read, look at what came of it. */
  @FunctionalInterface
  public interface Case {
    /** Throws what {@link Damage#reading} throws; anything else is a fault of the reader's. */
    void run(Damage damage) throws Exception;
  }

  /** The first of the inputs that fail in one way, and how many do. */
  private static final class Fault {
    private final String input;
    private final String trace;
    private int times;

    Fault(String input, String trace) {
      this.input = input;
      this.trace = trace;
    }
  }

  /** What is written of a fuzzer that has run. */
  private record Result(
      String name,
      long seed,
      int inputs,
      int accepted,
      int refused,
      double slowestMilliseconds,
      double mostMegabytes,
      double processorSeconds,
      Map<String, String> faults) {}

  /**
   * @param name for messages and results
   * @param count of inputs, unless the property says otherwise
   */
  public Fuzzing(String name, int count) {
    this.name = name;
    this.count = Integer.getInteger("cvaegpu.fuzz.count", count);
  }

  /** For readers that do more than read: an input takes no more than this. */
  public Fuzzing allowing(long megabytes) {
    maxMegabytes = megabytes;
    return this;
  }

  /** At most so many inputs, whatever the property says: for what takes long. */
  public Fuzzing atMost(int inputs) {
    var limited = new Fuzzing(name, Math.min(count, inputs));
    limited.maxMegabytes = maxMegabytes;
    return limited;
  }

  /** Tries all inputs; fails with those that failed. */
  public void run(Case one) throws InterruptedException {
    Integer only = Integer.getInteger("cvaegpu.fuzz.case");
    int first = only == null ? 0 : only;
    int end = only == null ? count : only + 1;
    begun = System.nanoTime();
    Thread worker =
        Thread.ofPlatform().daemon().name(name).unstarted(() -> tryAll(one, first, end));
    worker.start();
    while (!worker.join(Duration.ofMillis(100))) {
      Damage running = current;
      if (running != null
          && System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
        throw new AssertionError(
            "%s: %s has not ended after %s s, at %s"
                .formatted(
                    name, running, PATIENCE_SECONDS, Arrays.toString(worker.getStackTrace())));
      }
    }
    write();
    if (done == 0 || (SECONDS == FOR_EVER && done < end - first)) {
      throw new AssertionError(
          String.format(Locale.ROOT, "%s: %d of %d inputs were tried", name, done, end - first));
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(report());
    }
  }

  private void tryAll(Case one, int first, int end) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    for (int i = first; i < end && System.nanoTime() < deadline; i++) {
      begun = System.nanoTime();
      Damage damage = attempt(one, i);
      if (isTooMuch(damage)) {
        // Once more: classes are loaded and initialised by whoever comes first.
        damage = attempt(one, i);
        if (isTooMuch(damage)) {
          add(
              damage.nanos() > TimeUnit.MILLISECONDS.toNanos(MAX_MILLIS)
                  ? "takes too long"
                  : "takes too much memory",
              String.format(
                  Locale.ROOT, "%s; %d ms, %.0f MB", damage, millis(damage), megabytes(damage)),
              "");
        }
      }
      done++;
      slowest = Math.max(slowest, damage.nanos());
      largest = Math.max(largest, damage.bytes());
    }
    current = null;
    spent = Damage.processorNanos();
  }

  private Damage attempt(Case one, int index) {
    var damage = new Damage(SEED, index);
    current = damage;
    try {
      one.run(damage);
      accepted++;
    } catch (Damage.Refused e) {
      // As it should be.
    } catch (Throwable e) {
      add(kind(e), damage.toString(), trace(e));
    }
    return damage;
  }

  private boolean isTooMuch(Damage damage) {
    return millis(damage) > MAX_MILLIS || megabytes(damage) > maxMegabytes;
  }

  private static long millis(Damage damage) {
    return TimeUnit.NANOSECONDS.toMillis(damage.nanos());
  }

  private static double megabytes(Damage damage) {
    return damage.bytes() / 1e6;
  }

  private void add(String kind, String input, String trace) {
    faults.computeIfAbsent(kind, key -> new Fault(input, trace)).times++;
  }

  /** What tells one fault from another: what went wrong, and where in the program. */
  private static String kind(Throwable e) {
    if (e instanceof Damage.WrongException wrong) {
      return wrong.kind();
    }
    String type = e.getClass().getSimpleName();
    StackTraceElement[] frames = e.getStackTrace();
    return Arrays.stream(frames)
        .filter(frame -> frame.getClassName().startsWith("io.github.cvaegpu."))
        .filter(frame -> !frame.getClassName().contains(".fuzz."))
        .findFirst()
        .map(frame -> type + " at " + frame)
        .orElse(frames.length == 0 ? type : type + " at " + frames[0]);
  }

  private static String trace(Throwable e) {
    var text = new StringWriter();
    e.printStackTrace(new PrintWriter(text, true));
    List<String> lines = text.toString().lines().limit(SHOWN).toList();
    return "\n      " + String.join("\n      ", lines);
  }

  private String report() {
    List<String> ways = new ArrayList<>();
    faults.forEach(
        (kind, fault) ->
            ways.add(
                String.format(
                    Locale.ROOT,
                    "  %d x %s, first %s%s",
                    fault.times,
                    kind,
                    fault.input,
                    fault.trace)));
    int all = faults.values().stream().mapToInt(fault -> fault.times).sum();
    return String.format(
        Locale.ROOT,
        "%s: %d of %d inputs fail, in %d ways:%n%s%nOne of them alone: -Dcvaegpu.fuzz.seed=%d"
            + " -Dcvaegpu.fuzz.case=N",
        name,
        all,
        done,
        faults.size(),
        String.join("\n", ways),
        SEED);
  }

  private void write() {
    String folder = System.getProperty("cvaegpu.fuzz.results");
    if (folder == null) {
      return;
    }
    Map<String, String> found = new LinkedHashMap<>();
    faults.forEach(
        (kind, fault) ->
            found.put(
                kind, String.format(Locale.ROOT, "%d x, first %s", fault.times, fault.input)));
    var result =
        new Result(
            name,
            SEED,
            done,
            accepted,
            done - accepted,
            slowest / 1e6,
            largest / 1e6,
            spent / 1e9,
            found);
    try {
      Files.createDirectories(Path.of(folder));
      Files.writeString(
          Path.of(folder, name + ".json"), Json.PRETTY.toJson(result), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
