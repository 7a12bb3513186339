// SPDX-License-Identifier: Apache-2.0
//
// Adam (D. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, Algorithm 1), a parameter
// at a time.
#pragma once

/**
 * One update of a parameter p, and of its moments m and v, by its gradient g.
 *
 * step_size, root_scale: the factors that depend on the step, as in StepState
 */
__device__ inline void adam_element(float g, float step_size, float root_scale, float* m, float* v,
                                    float* p) {
  float mean = fmaf(*m, 0.9f, g * (float)(1 - 0.9));
  // Beside the 1e-8 below, this moves nothing; the CPU engine needs it, so both engines' moments stay alike.
  mean = fabsf(mean) < 0x1p-100f ? 0.0f : mean;
  float square = fmaf(*v, 0.999f, g * g * (float)(1 - 0.999));
  *m = mean;
  *v = square;
  *p = fmaf(mean / fmaf(sqrtf(square), root_scale, 1e-8f), -step_size, *p);
}
