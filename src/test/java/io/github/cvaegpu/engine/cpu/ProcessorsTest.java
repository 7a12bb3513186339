// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Machines, affinity masks and quotas that are planted as files. */
class ProcessorsTest {
  private static final String SECOND =
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
  private static final String FIRST =
      """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
      33 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime shared:10 - cgroup cgroup rw,cpuset
      """;

  @TempDir Path root;

  /** Two sockets of 16 cores of 2 threads, all of it allowed: cpu N and cpu N+32 are siblings. */
  @BeforeEach
  void plantTwoSockets() throws IOException {
    allow("0-63");
    plant("sys/devices/system/cpu/online", "0-63\n");
    for (int cpu = 0; cpu < 64; cpu++) {
      plant(
          "sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list",
          String.format(Locale.ROOT, "%d,%d\n", cpu % 32, cpu % 32 + 32));
    }
  }

  @Test
  void coresComeBeforeSiblings() {
    Processors processors = Processors.in(root, 64);
    assertEquals(32, processors.threads());
    assertEquals("one a core", processors.reason());
    assertEquals("64 processors for this process on 32 cores", processors.description());
  }

  /** As many runs as cores, or as many threads a run as there are cores for it; never more. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0-31 | 1 | 1 | 32",
        "0-31 | 2 | 2 | 16",
        "0-31 | 5 | 5 | 6",
        "0-31 | 20 | 20 | 1",
        "0-31 | 32 | 32 | 1",
        "0-31 | 1000 | 32 | 1",
        "0,32 | 4 | 1 | 1",
        "0-1 | 1 | 1 | 2",
      })
  void runsSideBySideShareTheCores(String list, int runs, int atOnce, int threads)
      throws IOException {
    allow(list);
    Processors processors = Processors.in(root, 64);
    var shares = processors.sideBySide(runs);
    assertEquals(new Processors.SideBySide(atOnce, threads), shares);
    assertTrue(shares.atOnce() * shares.threads() <= processors.threads());
  }

  @Test
  void runsSideBySideKeepToTheQuota() throws IOException {
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/box\n");
    plant("sys/fs/cgroup/box/cpu.max", "300000 100000\n");
    Processors processors = Processors.in(root, 3);
    assertEquals(new Processors.SideBySide(3, 1), processors.sideBySide(16));
    assertEquals(new Processors.SideBySide(2, 1), processors.sideBySide(2));
    assertEquals(new Processors.SideBySide(1, 3), processors.sideBySide(1));
    assertThrows(IllegalArgumentException.class, () -> processors.sideBySide(0));
  }

  /** With taskset or a cpuset: what is allowed are both threads of a core, one, or some of each. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"0 | 1 | 1", "0,32 | 2 | 1", "0-1,33 | 3 | 2", "0-3 | 4 | 4", "8-15,40-47 | 16 | 8"})
  void onlyAllowedProcessorsCount(String list, int allowed, int threads) throws IOException {
    allow(list);
    Processors processors = Processors.in(root, allowed);
    assertEquals(allowed, processors.allowed());
    assertEquals(threads, processors.threads());
  }

  /** Kernels that list neighbouring threads do it as a range. */
  @Test
  void siblingsMayBeARange() throws IOException {
    allow("0-3");
    for (int cpu = 0; cpu < 4; cpu++) {
      plant(
          "sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list",
          cpu < 2 ? "0-1\n" : "2-3\n");
    }
    assertEquals(2, Processors.in(root, 4).threads());
  }

  /** A virtual machine that could be given 128 processors has 4. */
  @Test
  void placesForProcessorsAreNone() throws IOException {
    allow("0-127");
    plant("sys/devices/system/cpu/online", "0-3\n");
    Processors processors = Processors.in(root, 4);
    assertEquals(4, processors.threads());
    assertEquals("4 processors for this process on 4 cores", processors.description());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "150000 100000 | 2",
        "100000 100000 | 1",
        "50000 100000 | 1",
        "20000 10000 | 2",
        "800001 100000 | 9",
        "max 100000 | 32",
        "6400000 100000 | 32"
      })
  void aQuotaIsRoundedUp(String max, int threads) throws IOException {
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/user.slice/run.scope\n");
    plant("sys/fs/cgroup/user.slice/run.scope/cpu.max", max + "\n");
    assertEquals(threads, Processors.in(root, 64).threads());
  }

  @Test
  void theDescriptionHasTheQuota() throws IOException {
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/\n");
    plant("sys/fs/cgroup/cpu.max", "150000 100000\n");
    Processors processors = Processors.in(root, 2);
    assertEquals("as the quota allows", processors.reason());
    assertEquals(
        "64 processors for this process on 32 cores, a quota of 1.50 of them",
        processors.description());
  }

  /** The least of the nested ones counts, wherever it is. */
  @ParameterizedTest
  @ValueSource(strings = {"", "/a", "/a/b", "/a/b/c"})
  void aQuotaMayBeOfACgroupAbove(String where) throws IOException {
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/a/b/c\n");
    for (String group : new String[] {"/a", "/a/b", "/a/b/c"}) {
      plant("sys/fs/cgroup" + group + "/cpu.max", "700000 100000\n");
    }
    plant("sys/fs/cgroup" + where + "/cpu.max", "250000 100000\n");
    assertEquals(3, Processors.in(root, 64).threads());
  }

  @Test
  void theFirstVersionsQuotaIsRead() throws IOException {
    plant("proc/self/mountinfo", FIRST);
    plant("proc/self/cgroup", "5:cpuset:/other\n3:cpu,cpuacct:/box\n1:name=systemd:/box\n");
    plant("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    plant("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    plant("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "150000\n");
    plant("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
    // Of another controller, and so of no account.
    plant("sys/fs/cgroup/cpuset/other/cpu.cfs_quota_us", "100000\n");
    plant("sys/fs/cgroup/cpuset/other/cpu.cfs_period_us", "100000\n");
    assertEquals(2, Processors.in(root, 64).threads());
    plant("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
    assertEquals(32, Processors.in(root, 64).threads());
  }

  /** Docker mounts the container's cgroup, and of version 1 names it as the host does. */
  @ParameterizedTest
  @ValueSource(strings = {"/docker/abc", "/docker/abc/inner", "/elsewhere"})
  void aContainersCgroupIsTheMountsOwn(String group) throws IOException {
    plant(
        "proc/self/mountinfo",
        "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro master:9 - cgroup cgroup rw,cpu\n");
    plant("proc/self/cgroup", "3:cpu:" + group + "\n");
    plant("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
    plant("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assertEquals(3, Processors.in(root, 64).threads());
  }

  /** With namespaces of its own, version 2 may show a path that leads out of what is mounted. */
  @Test
  void aPathThatLeadsOutIsTheMountsOwn() throws IOException {
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/../../other\n");
    plant("sys/fs/cgroup/cpu.max", "400000 100000\n");
    plant("sys/other/cpu.max", "100000 100000\n");
    assertEquals(4, Processors.in(root, 64).threads());
  }

  @Test
  void aContainerWithoutSysHasItsProcessors() throws IOException {
    Path bare = Files.createDirectory(root.resolve("bare"));
    plant("bare/proc/self/status", "Name:\tjava\nCpus_allowed_list:\t0-3\n");
    Processors processors = Processors.in(bare, 4);
    assertEquals(4, processors.threads());
    assertEquals("one a processor", processors.reason());
    assertEquals(
        "4 processors for this process, whose cores are not known", processors.description());
  }

  /** There it cannot be told whether the mask has places in it; the JVM knows. */
  @Test
  void withoutSysTheJvmSaysHowManyThereAre() throws IOException {
    Path bare = Files.createDirectory(root.resolve("bare"));
    plant("bare/proc/self/status", "Cpus_allowed_list:\t0-127\n");
    assertEquals(
        "4 processors for this process, whose cores are not known",
        Processors.in(bare, 4).description());
  }

  /** As on Windows and macOS. */
  @Test
  void withoutProcTheJvmIsAsked() throws IOException {
    assertEquals(6, Processors.in(Files.createDirectory(root.resolve("bare")), 6).threads());
  }

  /** By -XX:ActiveProcessorCount. */
  @Test
  void whatTheJvmIsToldCounts() {
    Processors processors = Processors.in(root, 3);
    assertEquals(3, processors.threads());
    assertEquals("as Java is told", processors.reason());
    assertEquals(
        "64 processors for this process on 32 cores, of which Java is to take 3",
        processors.description());
    assertFalse(processors.hasOneForEachOf(4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "1-", "-1", "3-1", "0-999999999", "99999999999", ","})
  void damagedListsAreNotBelieved(String list) throws IOException {
    plant("sys/devices/system/cpu/cpu5/topology/thread_siblings_list", list + "\n");
    assertEquals(64, Processors.in(root, 64).threads(), "cores that are not known");
    plant("proc/self/status", "Cpus_allowed_list:\t" + list + "\n");
    assertEquals(7, Processors.in(root, 7).threads(), "a mask that is not known");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "0 100000", "100000 0", "-5 100000", "1", "9999999999999999999 1"})
  void damagedQuotasAreNone(String max) throws IOException {
    plant("proc/self/mountinfo", "broken\n" + SECOND + "1 2 3 - cgroup2\n");
    plant("proc/self/cgroup", "broken\n0::/\n");
    plant("sys/fs/cgroup/cpu.max", max + "\n");
    assertEquals(32, Processors.in(root, 64).threads());
  }

  @Test
  void threadsHaveAProcessorEachOnlyWithinMaskAndQuota() throws IOException {
    assertTrue(Processors.in(root, 64).hasOneForEachOf(64));
    assertFalse(Processors.in(root, 64).hasOneForEachOf(65));
    plant("proc/self/mountinfo", SECOND);
    plant("proc/self/cgroup", "0::/\n");
    plant("sys/fs/cgroup/cpu.max", "150000 100000\n");
    assertTrue(Processors.in(root, 2).hasOneForEachOf(1));
    assertFalse(Processors.in(root, 2).hasOneForEachOf(2));
  }

  /** Whatever this machine is, the count is one that the JVM's does not contradict. */
  @Test
  void thisProcessHasSome() {
    int threads = Processors.ofThisProcess().threads();
    assertTrue(threads >= 1 && threads <= Runtime.getRuntime().availableProcessors());
  }

  private void allow(String list) throws IOException {
    plant("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\n");
  }

  private void plant(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
