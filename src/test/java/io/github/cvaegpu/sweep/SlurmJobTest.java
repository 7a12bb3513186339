// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.cvaegpu.InputException;
import io.github.cvaegpu.launcher.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The scripts for Slurm: their text, and what they do in a real shell, with a stub in the place of
 * Java and of {@code scontrol}.
 */
class SlurmJobTest {
  private static final Path GOLDEN = Path.of("test-data", "sweep");

  /** All that a shell, Slurm and the script's own marks could take for something else. */
  private static final String ODD = "it's 100%d of \"it\" $HOME `id` \\ @JAVA@ *";

  @TempDir Path temp;

  private static ClusterTask task(TaskArray array, Integer atOnce, int gpus, String... arguments) {
    return new ClusterTask(array, atOnce, 2, gpus, gpus > 0, null, List.of(arguments), List.of());
  }

  private static SlurmJob golden() {
    var task =
        new ClusterTask(
            new TaskArray(60, 4),
            8,
            2,
            1,
            true,
            "4G",
            List.of("--engine", "cuda", "--offline"),
            List.of("--offline"));
    return new SlurmJob(
        Path.of("/home/me/sweeps/it's one"),
        Path.of("/home/me"),
        Path.of("/usr/lib/jvm/jdk-25/bin/java"),
        Path.of("/home/me/cvae-gpu.jar"),
        task,
        "8:00:00",
        "gpu",
        List.of("--account=mine"));
  }

  private SlurmJob job(Path sweep, ClusterTask task) {
    return new SlurmJob(
        sweep, temp, temp.resolve("java"), Path.of("the.jar"), task, null, null, List.of());
  }

  @Test
  void theScriptsAreThoseThatAreKept() throws IOException {
    assumeTrue(Files.isDirectory(GOLDEN), "the kept scripts are not here");
    assertEquals(Files.readString(GOLDEN.resolve("job.sh")), golden().script());
    assertEquals(Files.readString(GOLDEN.resolve("collect.sh")), golden().collectingScript());
  }

  @Test
  void aRunAloneGetsAllProcessors() {
    String script = job(temp, task(new TaskArray(6, 1), null, 0)).script();
    assertTrue(
        script.contains("--index \"$SLURM_ARRAY_TASK_ID\" --threads \"$SLURM_CPUS_PER_TASK\" &\n"),
        script);
    assertTrue(script.contains("\n#SBATCH --array=0-5\n"), script);
    assertFalse(script.contains("gres") || script.contains("--mem"), script);
  }

  @Test
  void severalRunsOnTheCpuGetOneEach() {
    String script = job(temp, task(new TaskArray(7, 3), 2, 0)).script();
    assertTrue(
        script.contains(
            "--shard \"$SLURM_ARRAY_TASK_ID/3\" --threads 1 --parallel \"$SLURM_CPUS_PER_TASK\""
                + " &\n"),
        script);
    assertTrue(script.contains("\n#SBATCH --array=0-2%2\n"), script);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1:00", "4", "0:04:59", "0-0:4"})
  void aTimeThatIsUpAtOnceIsRefused(String time) {
    String sentence = refusal(time, null, List.of());
    assertTrue(sentence.startsWith("--time " + time + " is too short"), sentence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "5:00", "8:00:00", "1-0", "2-12:30", "2-12:30:00"})
  void slurmsTimesAreTaken(String time) {
    assertTrue(with(time, null, List.of()).script().contains("\n#SBATCH --time=" + time + "\n"));
  }

  @ParameterizedTest
  @CsvSource({
    "soon, , , '--time is minutes, hours:minutes:seconds or days-hours, and not ''soon''.'",
    ", two words, , --partition has no name 'two words'.",
    ", , account=mine, '--slurm-option takes a long option of sbatch, as in"
        + " --slurm-option=--account=mine, and not ''account=mine''.'"
  })
  void whatSbatchWouldReadAsSomethingElseIsRefused(
      String time, String partition, String option, String sentence) {
    assertEquals(sentence, refusal(time, partition, option == null ? List.of() : List.of(option)));
  }

  @Test
  void anOptionIsOneLine() {
    assertTrue(
        refusal(null, null, List.of("--account=a\nrm x")).startsWith("--slurm-option takes"));
  }

  private SlurmJob with(String time, String partition, List<String> options) {
    return new SlurmJob(
        temp,
        temp,
        Path.of("/java"),
        Path.of("the.jar"),
        task(new TaskArray(6, 1), null, 0),
        time,
        partition,
        options);
  }

  private String refusal(String time, String partition, List<String> options) {
    return assertThrows(InputException.class, () -> with(time, partition, options)).getMessage();
  }

  // ---- what they do ----------------------------------------------------------------------------

  private void write(String name, String text) throws IOException {
    Path file = temp.resolve(name);
    Files.writeString(file, "#!/bin/bash\n" + text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private RunningProcess start(String script, int restarts) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no /bin/bash here");
    // Slurm ends the script that asks for its task to be started again.
    write("scontrol", "echo \"$@\" >>\"$TEMP_FOLDER/scontrol.txt\"\nkill -TERM $PPID\n");
    Path file = temp.resolve("script.sh");
    Files.writeString(file, script);
    var builder = new ProcessBuilder("/bin/bash", file.toString()).directory(temp.toFile());
    builder.environment().put("PATH", temp + ":" + System.getenv("PATH"));
    builder.environment().put("TEMP_FOLDER", temp.toString());
    builder.environment().put("SLURM_ARRAY_JOB_ID", "12");
    builder.environment().put("SLURM_ARRAY_TASK_ID", "3");
    builder.environment().put("SLURM_CPUS_PER_TASK", "2");
    builder.environment().put("SLURM_RESTART_COUNT", String.valueOf(restarts));
    return new RunningProcess(builder);
  }

  private RunningProcess start(int restarts) throws IOException {
    return start(job(temp.resolve(ODD), task(new TaskArray(6, 1), null, 0)).script(), restarts);
  }

  private List<String> asked() throws IOException {
    Path file = temp.resolve("scontrol.txt");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  @Test
  void theProgramIsToldWhateverTheFoldersName() throws Exception {
    write("java", "printf '%s\\n' \"$@\" >arguments.txt\n");
    RunningProcess.Result result = start(0).await();
    assertEquals(0, result.code(), result.errors());
    assertEquals("", result.errors());
    List<String> words = new ArrayList<>(List.of("-jar", "the.jar", "sweep", "--out"));
    words.addAll(List.of(temp.resolve(ODD).toString(), "--index", "3", "--threads", "2"));
    assertEquals(words, Files.readAllLines(temp.resolve("arguments.txt")));

    var job = job(temp.resolve(ODD), task(new TaskArray(6, 1), null, 0));
    assertEquals(0, start(job.collectingScript(), 0).await().code());
    words = List.of("-jar", "the.jar", "sweep", "--out", temp.resolve(ODD).toString(), "--collect");
    assertEquals(words, Files.readAllLines(temp.resolve("arguments.txt")));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 130, 137})
  void whatIsNoReasonToTryAgainEndsTheTask(int code) throws Exception {
    write("java", "exit " + code + "\n");
    assertEquals(code, start(0).await().code());
    assertEquals(List.of(), asked());
  }

  @Test
  void aTaskThatCouldNotIsStartedAgain() throws Exception {
    write("java", "exit 75\n");
    start(4).await();
    assertEquals(List.of("requeue 12_3"), asked());
  }

  @Test
  void aTaskThatNeverCanIsNotStartedWithoutEnd() throws Exception {
    write("java", "exit 75\n");
    RunningProcess.Result result = start(5).await();
    assertEquals(75, result.code());
    assertTrue(result.errors().startsWith("Not tried again after 5 times"), result.errors());
    assertEquals(List.of(), asked());
  }

  /** Its time was up: however often that was so, it got on. */
  @Test
  void theSignalOfATimeThatIsUpIsPassedOn() throws Exception {
    write("java", "trap 'sleep 1; exit 75' USR1\necho up >&2\nwhile :; do sleep 0.1; done\n");
    RunningProcess task = start(40);
    task.err().awaitPart("up");
    send("USR1", task);
    // Again, while the program puts things away.
    TimeUnit.MILLISECONDS.sleep(300);
    send("USR1", task);
    task.await();
    assertEquals(List.of("requeue 12_3"), asked());
  }

  /** A Java that has not begun to listen dies of it. */
  @Test
  void theSignalMayComeBeforeAnybodyListens() throws Exception {
    write("java", "echo up >&2\nexec sleep 60\n");
    RunningProcess task = start(0);
    task.err().awaitPart("up");
    TimeUnit.MILLISECONDS.sleep(200);
    send("USR1", task);
    task.await();
    assertEquals(List.of("requeue 12_3"), asked());
  }

  @Test
  void aJobThatIsCancelledWaitsForTheCheckpoint() throws Exception {
    write(
        "java",
        """
        trap 'sleep 1; touch checkpoint; exit 130' TERM
        echo up >&2
        while :; do sleep 0.1; done
        """);
    RunningProcess task = start(0);
    task.err().awaitPart("up");
    send("TERM", task);
    assertEquals(130, task.await().code());
    assertTrue(Files.exists(temp.resolve("checkpoint")));
    assertEquals(List.of(), asked());
  }

  private static void send(String signal, RunningProcess task) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + signal, Long.toString(task.process().pid())).start();
    assertEquals(0, kill.waitFor());
  }
}
