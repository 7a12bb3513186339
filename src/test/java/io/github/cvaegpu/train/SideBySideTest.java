// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SideBySideTest {
  private final List<Integer> done = Collections.synchronizedList(new ArrayList<>());

  private boolean does(int part) {
    done.add(part);
    return true;
  }

  private List<Integer> sorted() {
    return done.stream().sorted().toList();
  }

  @Test
  void eachPartIsDoneOnce() {
    new SideBySide(3).work(100, this::does);
    assertEquals(IntStream.range(0, 100).boxed().toList(), sorted());
    new SideBySide(3).work(0, this::does);
    assertEquals(100, done.size());
  }

  @Test
  void oneAtATimeIsInOrderAndOnTheCallersThread() {
    Thread caller = Thread.currentThread();
    new SideBySide(1).work(5, part -> does(part) && Thread.currentThread().equals(caller));
    assertEquals(List.of(0, 1, 2, 3, 4), done);
  }

  /** Neither passes the barrier alone. */
  @Test
  void severalAreAtWorkAtATime() {
    var barrier = new CyclicBarrier(2);
    new SideBySide(2)
        .work(
            6,
            part -> {
              try {
                barrier.await();
              } catch (InterruptedException | BrokenBarrierException e) {
                throw new AssertionError(e);
              }
              return does(part);
            });
    assertEquals(6, done.size());
  }

  @Test
  void noFurtherPartIsBegunOnceOneSaysSo() {
    new SideBySide(1).work(5, part -> does(part) && part < 2);
    assertEquals(List.of(0, 1, 2), done);
  }

  @Test
  void aFailureIsTheCallersWhenTheOthersHaveEnded() {
    var both = new CountDownLatch(2);
    var work = new SideBySide(2);
    var failure = new IllegalStateException("a part");
    assertFalse(work.hasFailed());
    Exception thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                work.work(
                    50,
                    part -> {
                      both.countDown();
                      try {
                        both.await();
                      } catch (InterruptedException e) {
                        throw new AssertionError(e);
                      }
                      if (part == 0) {
                        throw failure;
                      }
                      while (!work.hasFailed()) {
                        Thread.onSpinWait();
                      }
                      return does(part);
                    }));
    assertEquals(failure, thrown);
    assertTrue(work.hasFailed());
    assertEquals(List.of(1), done);
  }
}
