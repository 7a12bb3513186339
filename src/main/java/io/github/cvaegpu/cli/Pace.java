// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.LongSupplier;

/**
 * How fast something goes now, and how long the rest will take, from how far it was at times gone
 * by. One thread may tell and another ask.
 */
final class Pace {
  private static final long SECOND = 1_000_000_000;

  /** No closer than this are two times that are kept. */
  private static final long APART = SECOND / 20;

  /** Of the rest is told by at least this much of the past: no more than a breath of it ... */
  private static final long SHORTEST = SECOND / 4;

  /** ... and by at most this much, in which a checkpoint or an evaluation has its share. */
  private static final long LONGEST = 60 * SECOND;

  private record Point(long nanos, long done) {}

  private final LongSupplier clock;
  private final Deque<Point> points = new ArrayDeque<>();
  private long start;

  /**
   * @param clock nanoseconds
   */
  Pace(LongSupplier clock) {
    this.clock = clock;
  }

  /** Whether it is time to tell how far it is. */
  synchronized boolean isDue() {
    return points.isEmpty() || clock.getAsLong() - points.getLast().nanos() >= APART;
  }

  /** It is so far now. What was done before the first call is not counted. */
  synchronized void reached(long done) {
    long now = clock.getAsLong();
    if (points.isEmpty()) {
      start = now;
    }
    points.addLast(new Point(now, done));
    // One point is to be older than the longest time asked for.
    while (points.size() > 2 && now - second().nanos() >= LONGEST) {
      points.removeFirst();
    }
  }

  private Point second() {
    Iterator<Point> oldest = points.iterator();
    oldest.next();
    return oldest.next();
  }

  /** Speed in the last second, or since the start if that was later; NaN where it is not known. */
  synchronized double perSecond() {
    return speed(SECOND);
  }

  /**
   * Seconds that the rest will take; NaN where it is not known. It is the second half of the time
   * since the start that counts, so that a slow beginning, with code yet to be compiled, is soon
   * forgotten.
   */
  synchronized double secondsFor(long rest) {
    double speed = speed(Math.clamp((clock.getAsLong() - start) / 2, SHORTEST, LONGEST));
    if (rest <= 0) {
      return 0;
    }
    return speed > 0 ? rest / speed : Double.NaN;
  }

  /** The same as a duration; null where it is not known. */
  Duration timeFor(long rest) {
    double seconds = secondsFor(rest);
    return Double.isNaN(seconds) ? null : Duration.ofSeconds((long) seconds);
  }

  private double speed(long nanos) {
    if (points.size() < 2) {
      return Double.NaN;
    }
    Point last = points.getLast();
    Point from = points.getFirst();
    for (Iterator<Point> i = points.descendingIterator(); i.hasNext(); ) {
      Point point = i.next();
      if (last.nanos() - point.nanos() >= nanos) {
        from = point;
        break;
      }
    }
    // A silence longer than that is a standstill; a shorter one only a step that is not over yet.
    long time = Math.max(last.nanos() - from.nanos(), clock.getAsLong() - last.nanos());
    return time > 0 ? (double) (last.done() - from.done()) * SECOND / time : Double.NaN;
  }
}
