// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a thread of a team throws, no thread is left behind. */
class ThreadTeamTest {
  private static final long HELPER_NANOS = 200_000_000;

  @Test
  @Timeout(20)
  void anErrorOfTheLeadWaitsForTheHelpers() {
    var error = new StackOverflowError();
    var helperDone = new AtomicBoolean();
    try (var team = new ThreadTeam(2)) {
      Throwable thrown =
          assertThrows(
              StackOverflowError.class,
              () ->
                  team.run(
                      member -> {
                        if (member.isLead()) {
                          throw error;
                        }
                        long end = System.nanoTime() + HELPER_NANOS;
                        while (System.nanoTime() < end) {
                          LockSupport.parkNanos(1_000_000);
                        }
                        helperDone.set(true);
                        member.barrier();
                      }));
      assertSame(error, thrown);
      assertTrue(helperDone.get());
      assertUsable(team);
    }
  }

  /** As where the user may have no more of them. */
  @Test
  @Timeout(20)
  void aThreadThatCannotStartIsMissedBeforeAnythingRuns() throws InterruptedException {
    var error = new OutOfMemoryError("unable to create native thread");
    List<Thread> started = new ArrayList<>();
    ThreadFactory factory =
        task -> {
          if (started.size() == 2) {
            throw error;
          }
          started.add(new Thread(task));
          return started.getLast();
        };

    assertSame(error, assertThrows(OutOfMemoryError.class, () -> new ThreadTeam(4, factory)));
    for (Thread thread : started) {
      thread.join();
    }
    assertEquals(2, started.size());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Timeout(20)
  void aHelpersFailureIsThrownAsItIs(boolean isError) {
    var error = new StackOverflowError();
    var exception = new IllegalArgumentException();
    try (var team = new ThreadTeam(3)) {
      Throwable thrown =
          assertThrows(
              Throwable.class,
              () ->
                  team.run(
                      member -> {
                        if (member.isLead()) {
                          member.barrier();
                        } else if (isError) {
                          throw error;
                        } else {
                          throw exception;
                        }
                      }));
      assertSame(isError ? error : exception, thrown);
      assertUsable(team);
    }
  }

  private static void assertUsable(ThreadTeam team) {
    var done = new AtomicInteger();
    team.run(
        member -> {
          done.addAndGet(member.endOf(100) - member.firstOf(100));
          member.barrier();
        });
    assertEquals(100, done.get());
  }
}
