// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.track;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.github.cvaegpu.InputException;
import io.github.cvaegpu.Program;
import io.github.cvaegpu.RegularFile;
import io.github.cvaegpu.RegularFile.Links;
import io.github.cvaegpu.engine.EngineInfo;
import io.github.cvaegpu.train.AtomicFile;
import io.github.cvaegpu.train.EpochReport;
import io.github.cvaegpu.train.Json;
import io.github.cvaegpu.train.RunRecord;
import io.github.cvaegpu.train.StepReport;
import io.github.cvaegpu.train.TrainingPlan;
import io.github.cvaegpu.train.ValidationRow;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A line of JSON for each thing that happens to a run; what is in them is in docs/definitions.md. A
 * line is written in one piece and at once, so that only the last one can be torn. A run that goes
 * on takes away what the file has of its steps after its checkpoint, as they are done again.
 *
 * <p>Several runs may write to one file, one after another: what lies between a {@code begin} and
 * the next is of the run that the former is of.
 */
final class JsonLines implements Tracker {
  /**
   * Version of the lines' fields; a change of what a line holds raises it. In schema 1 only {@code
   * begin} says which run it is of; a run that began a file with it goes on there.
   */
  static final int SCHEMA = 2;

  private static final String BEGIN = "begin";

  /** What every file begins with. */
  private static final String FIRST = "{\"record\":\"%s\",\"schema\":".formatted(BEGIN);

  /** The first line has a whole plan; of 100 hidden layers it is some kilobytes. */
  private static final int LONGEST_LINE = 1 << 20;

  private final Path file;
  private FileChannel channel;
  private RunRecord run;
  private String folder;

  JsonLines(Path file) {
    this.file = file;
  }

  // ---- the lines -------------------------------------------------------------------------------

  private record Begin(
      String record,
      int schema,
      long step,
      String time,
      String program,
      String run,
      TrainingPlan plan,
      String data,
      RunRecord.Network network,
      RunRecord.DatasetRecord dataset,
      EngineInfo engine) {}

  private record Step(
      String record,
      String run,
      long step,
      int epoch,
      float rl,
      float kl,
      float elbo,
      float beta,
      double learningRate) {}

  private record Epoch(
      String record,
      String run,
      long step,
      String time,
      int epoch,
      int epochs,
      double rl,
      double kl,
      double elbo,
      double beta,
      double imagesPerSecond,
      Scores validation) {}

  private record Scores(double rl, double kl, double elbo, boolean settled) {
    static Scores of(ValidationRow row) {
      return new Scores(row.rl(), row.kl(), row.elbo(), row.settled());
    }
  }

  private record CheckpointWritten(
      String record, String run, long step, String time, String file) {}

  private record End(
      String record,
      String run,
      long step,
      String time,
      RunRecord.ExitReason exitReason,
      String message,
      RunRecord.Metrics metrics,
      RunRecord.Validated validated) {}

  // ---- before the run --------------------------------------------------------------------------

  /**
   * What is known of a run before it goes on.
   *
   * @param plan the run's
   * @param images checksums of what it is trained on, as its dataset has them
   */
  record Known(TrainingPlan plan, Map<String, String> images) {}

  /**
   * Refuses a file that the lines cannot be in, or that is of other runs.
   *
   * @param folders the runs'
   * @param resumed the runs, where some go on and so may have written the file
   */
  static void requireUsable(Path file, List<Path> folders, List<Known> resumed) {
    if (file.toString().equals("-")) {
      throw new InputException(
          "--log-json writes to a file, not to standard output: name one, and follow it by tail"
              + " -f.");
    }
    if (Files.isDirectory(file)) {
      throw new InputException("--log-json needs a file, and %s is a folder.".formatted(file));
    }
    Path place = file.toAbsolutePath().normalize();
    for (Path folder : folders) {
      if (place.equals(folder.toAbsolutePath().normalize())) {
        throw new InputException(
            "%s is the run's own folder: choose another --log-json.".formatted(file));
      }
      Places.requireApart(file, folder, "--log-json");
    }
    Places.requireFolder(place.getParent());
    if (RegularFile.isTaken(file)) {
      requireOwn(file, resumed);
    }
  }

  private static void requireOwn(Path file, List<Known> resumed) {
    try (InputStream in = RegularFile.newInputStream(file, Links.REFUSED)) {
      if (RegularFile.require(file, Links.REFUSED).size() == 0) {
        return;
      }
      if (resumed.isEmpty()) {
        throw new InputException(
            "%s already holds something: choose another --log-json.".formatted(file));
      }
      var lines = new Lines(in);
      Optional<JsonObject> first = lines.next();
      boolean isOwn =
          first
              .map(begin -> resumed.stream().anyMatch(run -> isOf(begin, run)))
              .orElseGet(lines::isTornBeginning);
      if (!isOwn) {
        throw new InputException(
            "%s is not the log of this run: choose another --log-json.".formatted(file));
      }
    } catch (IOException e) {
      throw new InputException("%s cannot be read: %s.".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  /** Runs of one plan and the same images are the same to the bit: which it was does not matter. */
  private static boolean isOf(JsonObject first, Known resumed) {
    return isBegin(first)
        && first.get("schema") instanceof JsonPrimitive schema
        && IntStream.rangeClosed(1, SCHEMA)
            .mapToObj(Integer::toString)
            .anyMatch(schema.getAsString()::equals)
        && first.get("plan") instanceof JsonObject plan
        && withoutEpochs(plan).equals(withoutEpochs(parsed(resumed.plan())))
        && first.get("dataset") instanceof JsonObject dataset
        && parsed(resumed.images()).equals(dataset.get("sha256"));
  }

  private static boolean isBegin(JsonObject line) {
    return line.get("record") instanceof JsonPrimitive record && record.getAsString().equals(BEGIN);
  }

  /** As it is read back: a number that was read is not equal to one that was not. */
  private static JsonObject parsed(Object object) {
    return JsonParser.parseString(Json.COMPACT.toJson(object)).getAsJsonObject();
  }

  /** What may change between the parts of one run is left out. */
  private static JsonElement withoutEpochs(JsonObject plan) {
    JsonObject copy = plan.deepCopy();
    if (copy.get("schedule") instanceof JsonObject schedule) {
      schedule.remove("epochs");
    }
    return copy;
  }

  /** Whole lines of a file that are objects, up to one that is not. */
  private static final class Lines {
    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean isWhole;
    private long offset;

    Lines(InputStream in) {
      this.in = new BufferedInputStream(in, 1 << 16);
    }

    /** Where what was returned ends. */
    long offset() {
      return offset;
    }

    /** The line that was returned last, without its end. */
    byte[] bytes() {
      return line.toByteArray();
    }

    /** Empty at the end, at a line without its end, and at one that is no object. */
    Optional<JsonObject> next() throws IOException {
      line.reset();
      int at = in.read();
      while (at >= 0 && at != '\n' && line.size() < LONGEST_LINE) {
        line.write(at);
        at = in.read();
      }
      isWhole = at == '\n';
      Optional<JsonObject> object = isWhole ? object(line) : Optional.empty();
      offset += object.isPresent() ? line.size() + 1 : 0;
      return object;
    }

    /** Whether the line is what a process leaves that is killed in the middle of its first one. */
    boolean isTornBeginning() {
      String text = line.toString(StandardCharsets.UTF_8);
      return !isWhole && (FIRST.startsWith(text) || text.startsWith(FIRST));
    }

    private static Optional<JsonObject> object(ByteArrayOutputStream line) {
      try {
        return JsonParser.parseString(line.toString(StandardCharsets.UTF_8))
                instanceof JsonObject object
            ? Optional.of(object)
            : Optional.empty();
      } catch (JsonParseException e) {
        return Optional.empty();
      }
    }
  }

  // ---- the run ---------------------------------------------------------------------------------

  @Override
  public String name() {
    return "The log " + file;
  }

  @Override
  public void begins(Path runFolder, RunRecord record) {
    run = record;
    folder = runFolder.toString();
    long done = record.sessions().getLast().firstStep();
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      channel = RegularFile.openToWrite(file);
      cutBackTo(done);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    write(
        new Begin(
            BEGIN,
            SCHEMA,
            done,
            now(),
            Program.nameAndVersion(),
            folder,
            record.plan(),
            record.data(),
            record.network(),
            record.dataset(),
            record.sessions().getLast().engine()));
  }

  /** Whole lines that stay when a run goes on, one after the other. */
  private static final class Kept {
    private final Lines lines;
    private final Known run;
    private final long done;
    private boolean isOwn = true;
    private boolean hasLeftOut;

    Kept(InputStream in, RunRecord record, long done) {
      lines = new Lines(in);
      run = new Known(record.plan(), record.dataset().sha256());
      this.done = done;
    }

    /** Goes to the next line that stays; false at the end. */
    boolean next() throws IOException {
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        if (isBegin(line.get())) {
          isOwn = isOf(line.get(), run);
        }
        if (!isOwn || isUpTo(done, line.get())) {
          return true;
        }
        hasLeftOut = true;
      }
      return false;
    }
  }

  private void cutBackTo(long done) throws IOException {
    var kept = new Kept(Channels.newInputStream(channel), run, done);
    long end = 0;
    boolean isInOnePiece = true;
    while (kept.next()) {
      isInOnePiece &= !kept.hasLeftOut;
      end = kept.lines.offset();
    }
    if (!isInOnePiece) {
      end = rewrite(done);
    }
    channel.truncate(end);
    channel.position(end);
  }

  /** Lines of other runs lie behind those that go, as they do where a run had diverged. */
  private long rewrite(long done) throws IOException {
    channel.position(0);
    var kept = new Kept(Channels.newInputStream(channel), run, done);
    AtomicFile.replace(
        file,
        out -> {
          var buffered = new BufferedOutputStream(out, 1 << 16);
          while (kept.next()) {
            buffered.write(kept.lines.bytes());
            buffered.write('\n');
          }
          buffered.flush();
        });
    channel.close();
    channel = RegularFile.openToWrite(file);
    return channel.size();
  }

  private static boolean isUpTo(long done, JsonObject line) {
    try {
      return line.get("step") instanceof JsonPrimitive step && step.getAsLong() <= done;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  @Override
  public void step(StepReport report) {
    write(
        new Step(
            "step",
            folder,
            report.step(),
            report.epoch(),
            report.rl(),
            report.kl(),
            -(report.rl() + report.kl()),
            report.beta(),
            RunSteps.learningRate(report, run)));
  }

  @Override
  public void epoch(EpochReport report) {
    write(
        new Epoch(
            "epoch",
            folder,
            RunSteps.after(report, run),
            now(),
            report.epoch(),
            report.epochs(),
            report.rl(),
            report.kl(),
            -(report.rl() + report.kl()),
            report.beta(),
            report.imagesPerSecond(),
            report.validation().map(Scores::of).orElse(null)));
  }

  @Override
  public void checkpoint(Path checkpoint, long step) {
    write(new CheckpointWritten("checkpoint", folder, step, now(), checkpoint.toString()));
  }

  @Override
  public void ends(Path runFolder, RunRecord record) {
    write(
        new End(
            "end",
            folder,
            record.stepsDone(),
            now(),
            record.exitReason(),
            record.message(),
            record.metrics(),
            record.validated()));
  }

  private void write(Object line) {
    ByteBuffer bytes =
        ByteBuffer.wrap((Json.COMPACT.toJson(line) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
