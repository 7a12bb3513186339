// SPDX-License-Identifier: Apache-2.0
package io.github.cvaegpu.engine.cuda;

/**
 * What can be chosen of a step without changing a bit.
 *
 * @param variants how a fused step is cut; null for one by cuBLAS
 * @param branches streams of a step by cuBLAS: 1, or 3 beside each other; 1 for a fused one
 * @param stepsALaunch steps in one graph
 */
record StepTuning(StepVariants variants, int branches, int stepsALaunch) {
  StepTuning with(StepVariants other) {
    return new StepTuning(other, branches, stepsALaunch);
  }

  StepTuning withBranches(int other) {
    return new StepTuning(variants, other, stepsALaunch);
  }

  StepTuning withStepsALaunch(int other) {
    return new StepTuning(variants, branches, other);
  }

  @Override
  public String toString() {
    return (variants == null ? "branches " + branches : variants.toString())
        + ", "
        + stepsALaunch
        + (stepsALaunch == 1 ? " step" : " steps")
        + " a launch";
  }
}
