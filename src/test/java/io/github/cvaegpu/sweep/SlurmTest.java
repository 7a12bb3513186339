// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What Slurm's commands print, as those of version 22.05 did. */
class SlurmTest {
  @Test
  void theQueueIsReadTaskByTask() {
    var queue = Slurm.queueOf("0 RUNNING\n1 COMPLETING\n2 PENDING\n12 PENDING\nN/A PENDING\n");
    assertEquals(Set.of(0, 1), queue.running());
    assertEquals(Set.of(2, 12), queue.pending());
  }

  @Test
  void aJobThatIsOverHasNothingInTheQueue() {
    assertTrue(Slurm.queueOf("").isEmpty());
    assertTrue(Slurm.queueOf("slurm_load_jobs error: Invalid job id specified\n").isEmpty());
  }

  @Test
  void theClusterSaysHowManyTasksThereMayBe() {
    assertEquals(
        OptionalInt.of(4001),
        Slurm.mostTasks("MailProg                = /bin/mail\nMaxArraySize            = 4001\n"));
    assertEquals(OptionalInt.empty(), Slurm.mostTasks("scontrol: error: no such cluster\n"));
    // No arrays at all: submitting says so.
    assertEquals(OptionalInt.empty(), Slurm.mostTasks("MaxArraySize            = 0\n"));
  }
}
