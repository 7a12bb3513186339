// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.cli;

/**
 * Java's common pool, whose threads help those that have something to do for many images at once:
 * draw them, read them, measure a model with them. It has a thread less than Java sees processors;
 * where the user says how many threads the program is to take, it must not have more than those.
 */
final class CommonPool {
  /** What Java reads when the pool is first used, and never again. */
  private static final String PARALLELISM = "java.util.concurrent.ForkJoinPool.common.parallelism";

  private static boolean isOurs;

  private CommonPool() {}

  /**
   * The process is this program's alone: otherwise its pool is none of our business. Whoever
   * started Java with the property of its own has the last word all the same.
   */
  static void claim() {
    isOurs = System.getProperty(PARALLELISM) == null;
  }

  /**
   * Bounds the threads that compute at a time. It has to be said before anything is loaded; what is
   * said last counts.
   *
   * @param threads in all, from 1
   * @param callers how many of them do not belong to the pool: runs that are trained at a time
   */
  static void allow(int threads, int callers) {
    if (isOurs) {
      System.setProperty(PARALLELISM, Integer.toString(Math.max(0, threads - callers)));
    }
  }
}
