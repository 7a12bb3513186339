// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.function.Supplier;

/** Looks on while a step is launched, for profiles. Called by the thread that launches. */
interface LaunchObserver {
  /** Sees nothing. */
  LaunchObserver NONE = new LaunchObserver() {};

  /**
   * Whether launches are timed: a step's branches are then one stream, so that none overlaps
   * another, and its first launch waits until the host has made the rest.
   */
  default boolean isSerial() {
    return false;
  }

  /**
   * A step begins.
   *
   * @param stream where
   */
  default void step(CudaStream stream) {}

  /** A phase of the step begins, inside those that have begun. */
  default void begin(String phase) {}

  /** The phase that began last ends. */
  default void end() {}

  /**
   * A kernel of ours is about to be launched.
   *
   * @param kernel which
   * @param threads of a block
   * @param arguments what it is given
   */
  default void launching(Kernel kernel, int threads, Arguments arguments) {}

  /**
   * A launch has been given to a stream.
   *
   * @param launch what; made for who asks
   * @param stream where
   */
  default void launched(Supplier<Launch> launch, CudaStream stream) {}
}
