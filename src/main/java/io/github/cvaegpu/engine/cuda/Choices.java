// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * Things to choose, one after another, each from a few alternatives, and which of them is fastest.
 * Each alternative is timed beside the best so far, which it takes the place of if it is faster by
 * more than times differ anyway: so neither a clock that rises meanwhile nor noise chooses.
 */
final class Choices<T> {
  /** Of the best's time, what an alternative may take. */
  private static final double CLEARLY = 0.98;

  private final List<List<UnaryOperator<T>>> things = new ArrayList<>();

  /**
   * One more thing to choose.
   *
   * @param alternatives from which
   * @param with what is to be timed, with an alternative
   */
  <A> Choices<T> add(List<A> alternatives, BiFunction<T, A, T> with) {
    List<UnaryOperator<T>> thing = new ArrayList<>();
    for (A alternative : alternatives) {
      thing.add(tuning -> with.apply(tuning, alternative));
    }
    things.add(thing);
    return this;
  }

  /**
   * The fastest of what was tried; the start where nothing was faster.
   *
   * @param start what is taken without timing
   * @param time of one, in any unit
   */
  T fastest(T start, ToDoubleFunction<T> time) {
    T best = start;
    for (List<UnaryOperator<T>> thing : things) {
      for (UnaryOperator<T> alternative : thing) {
        T tried = alternative.apply(best);
        if (!tried.equals(best) && time.applyAsDouble(tried) < CLEARLY * time.applyAsDouble(best)) {
          best = tried;
        }
      }
    }
    return best;
  }

  /** Whether something is among what can be chosen, from a start. */
  boolean include(T start, T wanted) {
    List<T> reached = List.of(start);
    for (List<UnaryOperator<T>> thing : things) {
      List<T> next = new ArrayList<>(reached);
      for (T from : reached) {
        for (UnaryOperator<T> alternative : thing) {
          next.add(alternative.apply(from));
        }
      }
      reached = next.stream().distinct().toList();
    }
    return reached.contains(wanted);
  }
}
