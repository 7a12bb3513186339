// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cpu;

import io.github.cvaegpu.foreign.CpuLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;

/**
 * What the cores can do, all threads together, measured by loops that do nothing else.
 *
 * @param gigaflops fused multiplications and additions from registers, two operations each, per
 *     second
 * @param gigabytes read and written of memory as large as the parameters and moments, which each
 *     thread has a share of, per second
 */
public record CorePeaks(double gigaflops, double gigabytes) {
  /** Each is measured for at least this long at a time. */
  private static final double SECONDS = 0.02;

  /** The best of so many counts: what else runs on the cores takes some of them away at times. */
  private static final int TIMES = 8;

  /**
   * Measures.
   *
   * @param footprint bytes of the parameters and moments
   */
  static CorePeaks of(CpuLibrary library, ThreadTeam team, long footprint) {
    double flops = perSecond(team, library::fma);
    try (Arena arena = Arena.ofShared()) {
      long share = footprint / Float.BYTES / team.threads();
      MemorySegment[] shares = new MemorySegment[team.threads()];
      for (int i = 0; i < shares.length; i++) {
        shares[i] = arena.allocate(share * Float.BYTES, 64);
        shares[i].fill((byte) 0);
      }
      double bytes =
          perSecond(
              team,
              (member, rounds) -> {
                library.change(shares[member], rounds);
                return 2 * rounds * share * Float.BYTES;
              });
      return new CorePeaks(flops / 1e9, bytes / 1e9);
    }
  }

  /** Does something so many times on a thread, and says how much it was. */
  @FunctionalInterface
  private interface Loop {
    long run(int member, long rounds);
  }

  private static double perSecond(ThreadTeam team, LongUnaryOperator loop) {
    return perSecond(team, (member, rounds) -> loop.applyAsLong(rounds));
  }

  private static double perSecond(ThreadTeam team, Loop loop) {
    double best = 0;
    long rounds = 1;
    for (int enough = 0; enough < TIMES; ) {
      long turns = rounds;
      var done = new AtomicLong();
      long began = System.nanoTime();
      team.run(member -> done.addAndGet(loop.run(member.index(), turns)));
      double seconds = (System.nanoTime() - began) / 1e9;
      best = Math.max(best, done.get() / seconds);
      if (seconds > SECONDS) {
        enough++;
      } else {
        rounds *= 2;
      }
    }
    return best;
  }
}
