// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

import java.util.Locale;

/**
 * How the launches of a fused step are cut and follow each other. Whatever is chosen, the bits are
 * the same.
 *
 * @param first product into the first hidden layer
 * @param output product to the logits
 * @param back gradient by the last hidden layer
 * @param middleForward layers between, forward
 * @param middleBackward layers between, back
 * @param update gradients by parameters
 * @param isProgrammatic whether a launch may begin before the one before it has ended
 */
record StepVariants(
    LinearVariant first,
    LinearVariant output,
    LinearVariant back,
    MiddleVariant middleForward,
    MiddleVariant middleBackward,
    UpdateVariant update,
    boolean isProgrammatic) {

  /** What is taken without tuning: the same cut for all products, and for both directions. */
  static StepVariants standard(LinearVariant linear, MiddleVariant middle, Capacity capacity) {
    return new StepVariants(
        linear,
        linear,
        linear,
        middle,
        middle,
        UpdateVariant.ALL.getFirst(),
        capacity.beginsEarly());
  }

  StepVariants withFirst(LinearVariant other) {
    return new StepVariants(
        other, output, back, middleForward, middleBackward, update, isProgrammatic);
  }

  StepVariants withOutput(LinearVariant other) {
    return new StepVariants(
        first, other, back, middleForward, middleBackward, update, isProgrammatic);
  }

  StepVariants withBack(LinearVariant other) {
    return new StepVariants(
        first, output, other, middleForward, middleBackward, update, isProgrammatic);
  }

  StepVariants withMiddleForward(MiddleVariant other) {
    return new StepVariants(first, output, back, other, middleBackward, update, isProgrammatic);
  }

  StepVariants withMiddleBackward(MiddleVariant other) {
    return new StepVariants(first, output, back, middleForward, other, update, isProgrammatic);
  }

  StepVariants withUpdate(UpdateVariant other) {
    return new StepVariants(
        first, output, back, middleForward, middleBackward, other, isProgrammatic);
  }

  StepVariants withProgrammatic(boolean other) {
    return new StepVariants(first, output, back, middleForward, middleBackward, update, other);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "first %s, middle %s, output %s, back %s, middle back %s, update %s%s",
        first,
        middleForward,
        output,
        back,
        middleBackward,
        update,
        isProgrammatic ? ", programmatic" : "");
  }
}
