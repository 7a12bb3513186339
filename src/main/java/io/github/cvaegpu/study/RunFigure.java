// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.study;

import io.github.cvaegpu.study.Claim.Accounting;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * One of a run's figures that a sentence is told by.
 *
 * @param name what it is, with its unit
 * @param split the images that it is of: train or test
 * @param accounting the study's own, or the standard one
 * @param floor what no model can be below; NaN for none
 * @param of a run's
 * @param isReached whether a run has it; where it does not, {@code of} is the least that it can be
 */
record RunFigure(
    String name,
    String split,
    Accounting accounting,
    ToDoubleFunction<Floors> floor,
    ToDoubleFunction<RunFigures> of,
    Predicate<RunFigures> isReached) {

  /** A figure of the test images. */
  static RunFigure test(String name, ToDoubleFunction<RunFigures> of) {
    return standard(name, "test", of);
  }

  /** A figure of training. */
  static RunFigure train(String name, ToDoubleFunction<RunFigures> of) {
    return standard(name, "train", of);
  }

  private static RunFigure standard(String name, String split, ToDoubleFunction<RunFigures> of) {
    return new RunFigure(name, split, Accounting.STANDARD, floors -> Double.NaN, of, run -> true);
  }

  /** A number of training steps; a run that never gets there stands with all its steps. */
  static RunFigure steps(String name, Function<RunFigures, OptionalLong> first) {
    return new RunFigure(
        name,
        "train",
        Accounting.STANDARD,
        floors -> Double.NaN,
        run -> first.apply(run).orElse(run.steps()),
        run -> first.apply(run).isPresent());
  }

  /** The same in another accounting. */
  RunFigure in(Accounting other) {
    return new RunFigure(name, split, other, floor, of, isReached);
  }

  /** The same above a floor. */
  RunFigure above(ToDoubleFunction<Floors> other) {
    return new RunFigure(name, split, accounting, other, of, isReached);
  }

  /** The same by another name. */
  RunFigure named(String other) {
    return new RunFigure(other, split, accounting, floor, of, isReached);
  }
}
