// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine;

/**
 * Which bits a run of one seed has: a number that is raised with every change after which the same
 * plan on the same machine trains to other bits, however few, on any engine.
 *
 * <p>A run records it, and is told where it goes on with another one. It says nothing of machines:
 * those are in {@link EngineInfo}.
 */
public final class BitsVersion {
  // 1: version 0.1.0 as it was named.
  // 2: on the CPU each weight stays with one thread; gradients by the inputs of wide layers are
  //    sums of two halves. The CUDA engine came later and has had no other.
  // 3: on the CPU the step of native/cpu, whose bits are the same on every processor.
  // 4: in that step gradients by the inputs of wide layers are sums of two halves, and the step in
  //    Java has the same bits on every processor too.
  /** That of this program. */
  public static final int CURRENT = 4;

  /** What stands for it where a file does not say: runs of before it was recorded. */
  public static final int UNKNOWN = 0;

  private BitsVersion() {}
}
