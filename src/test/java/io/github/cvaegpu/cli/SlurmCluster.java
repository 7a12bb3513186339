// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Slurm on this machine: a controller, a node of two processors and munge, all of a test's own,
 * with their files in a folder and ports that are free. Debian's packages slurmctld, slurmd,
 * slurm-client and munge are enough; nothing of theirs has to be configured or running.
 */
final class SlurmCluster implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 240;

  private static final List<String> COMMANDS =
      List.of("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel");

  private static final List<String> PLACES = List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin");

  private final Path folder;
  private boolean isControllerUp;

  private SlurmCluster(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts it, or has the test skipped with the reason why it cannot be.
   *
   * @param folder empty, and with a short name: sockets are in it
   */
  static SlurmCluster start(Path folder) throws IOException, InterruptedException {
    for (String command : COMMANDS) {
      assumeTrue(
          PLACES.stream().anyMatch(place -> Files.isExecutable(Path.of(place, command))),
          "there is no "
              + command
              + " here: apt-get install slurmctld slurmd slurm-client munge would bring it");
    }
    assumeTrue(
        "root".equals(System.getProperty("user.name")), "Slurm's node daemon needs to be root");
    var cluster = new SlurmCluster(folder);
    try {
      cluster.startAll();
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  private void startAll() throws IOException, InterruptedException {
    String host = host();
    Files.createDirectories(folder.resolve("state"));
    Files.createDirectories(folder.resolve("spool"));
    byte[] key = new byte[1024];
    new SecureRandom().nextBytes(key);
    Path keyFile = folder.resolve("munge.key");
    Files.createFile(
        keyFile,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(keyFile, key);
    Files.writeString(folder.resolve("slurm.conf"), configuration(host));
    // As root, and in a folder that others cannot enter: both without --force refused.
    require(
        "munged",
        "--force",
        "--socket=" + folder.resolve("munge.socket"),
        "--key-file=" + keyFile,
        "--pid-file=" + folder.resolve("munged.pid"),
        "--seed-file=" + folder.resolve("munged.seed"),
        "--log-file=" + folder.resolve("munged.log"));
    require("slurmctld");
    isControllerUp = true;
    require("slurmd");
    await("an idle node", () -> ask("sinfo", "--noheader", "--format=%T").strip().equals("idle"));
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName().split("\\.", 2)[0];
    } catch (UnknownHostException e) {
      return abort("this machine's own name leads nowhere: " + e.getMessage());
    }
  }

  private String configuration(String host) throws IOException {
    int controllerPort;
    int nodePort;
    try (ServerSocket one = new ServerSocket(0);
        ServerSocket other = new ServerSocket(0)) {
      controllerPort = one.getLocalPort();
      nodePort = other.getLocalPort();
    }
    // A requeued job waits until its credential has expired; of a job that is over something is to
    // be known to the end. Whatever the machine has, the node has two processors.
    return """
    ClusterName=one
    SlurmctldHost=@HOST@(127.0.0.1)
    SlurmctldPort=@CONTROLLER_PORT@
    SlurmdPort=@NODE_PORT@
    SlurmUser=root
    AuthInfo=socket=@FOLDER@/munge.socket,cred_expire=5
    SlurmctldPidFile=@FOLDER@/slurmctld.pid
    SlurmdPidFile=@FOLDER@/slurmd.pid
    StateSaveLocation=@FOLDER@/state
    SlurmdSpoolDir=@FOLDER@/spool
    SlurmctldLogFile=@FOLDER@/slurmctld.log
    SlurmdLogFile=@FOLDER@/slurmd.log
    SlurmdParameters=config_overrides
    ProctrackType=proctrack/linuxproc
    TaskPlugin=task/none
    SelectType=select/cons_tres
    SelectTypeParameters=CR_Core
    SchedulerParameters=sched_interval=1,bf_interval=1
    NodeName=@HOST@ NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000
    PartitionName=main Nodes=ALL Default=YES State=UP
    """
        .replace("@CONTROLLER_PORT@", String.valueOf(controllerPort))
        .replace("@NODE_PORT@", String.valueOf(nodePort))
        .replace("@HOST@", host)
        .replace("@FOLDER@", folder.toString());
  }

  /** Makes a process one of the cluster's users. */
  void enter(Map<String, String> environment) {
    environment.put("SLURM_CONF", folder.resolve("slurm.conf").toString());
  }

  /** What one of Slurm's commands says, whatever it ends with. */
  String ask(String... command) {
    try {
      return said(command, false);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void require(String... command) throws IOException, InterruptedException {
    said(command, true);
  }

  private String said(String[] command, boolean isNeeded) throws IOException, InterruptedException {
    // A daemon goes on with what it was started with: a pipe would stay open.
    Path file = Files.createTempFile(folder, "said", ".txt");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(file.toFile());
    enter(builder.environment());
    builder.environment().put("PATH", String.join(":", PLACES));
    Process process = builder.start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command[0] + " goes on and on");
    }
    String said = Files.readString(file, StandardCharsets.UTF_8);
    if (isNeeded && process.exitValue() != 0) {
      throw new AssertionError(command[0] + ": " + said + log());
    }
    return said;
  }

  /** The last of what the daemons wrote down. */
  private String log() throws IOException {
    var log = new StringBuilder();
    for (String name : List.of("munged.log", "slurmctld.log", "slurmd.log")) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        List<String> lines = Files.readAllLines(file);
        lines
            .subList(Math.max(0, lines.size() - 20), lines.size())
            .forEach(line -> log.append(System.lineSeparator()).append(line));
      }
    }
    return log.toString();
  }

  /** Waits until something is so. */
  void await(String what, BooleanSupplier isSo) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited for " + what + "; " + ask("squeue", "--array") + log());
      }
      try {
        TimeUnit.MILLISECONDS.sleep(100);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Ends all jobs and all three daemons. */
  @Override
  public void close() throws IOException {
    if (isControllerUp) {
      ask("scancel", "--user=root");
      await("an empty queue", () -> ask("squeue", "--noheader").isBlank());
    }
    for (String daemon : List.of("slurmd", "slurmctld", "munged")) {
      Path file = folder.resolve(daemon + ".pid");
      if (Files.exists(file)) {
        long pid = Long.parseLong(Files.readString(file).strip());
        ProcessHandle.of(pid).ifPresent(SlurmCluster::end);
      }
    }
  }

  private static void end(ProcessHandle daemon) {
    daemon.destroy();
    try {
      daemon.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      daemon.destroyForcibly();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}
