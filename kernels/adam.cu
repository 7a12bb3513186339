// SPDX-License-Identifier: Apache-2.0
//
// Adam over the flat array of all parameters.

#include "adam.cuh"
#include "step.cuh"

/**
 * One update. With g the gradient and t the step from 1:
 *
 *   m = 0.9 m + 0.1 g      v = 0.999 v + 0.001 g^2
 *   p = p - lr / (1 - 0.9^t) * m / (sqrt(v / (1 - 0.999^t)) + 1e-8)
 *
 * gradients (4 quads), read      m, v, p (4 quads): += as above, each element by one thread
 * state: the two factors that depend on t, which step_begin has set
 *
 * An m below 2^-100 is made 0. The floats between tensors are 0 with gradient 0, and stay 0.
 *
 * Launch: grid ceil(quads / 256), blocks of 256; quads = floats / 4, which is whole: tensors start at
 *         multiples of 16 floats. One launch for all tensors: 654 blocks for the study's network, where a
 *         launch a tensor would be twelve.
 */
extern "C" __global__ void __launch_bounds__(256)
    adam_update(const StepState* __restrict__ state, const float4* __restrict__ gradients,
                int quads, float4* __restrict__ m, float4* __restrict__ v, float4* __restrict__ p) {
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= quads) {
    return;
  }
  float step_size = state->step_size;
  float root_scale = state->root_scale;
  float4 g = gradients[i];
  float4 mean = m[i];
  float4 square = v[i];
  float4 parameter = p[i];
  adam_element(g.x, step_size, root_scale, &mean.x, &square.x, &parameter.x);
  adam_element(g.y, step_size, root_scale, &mean.y, &square.y, &parameter.y);
  adam_element(g.z, step_size, root_scale, &mean.z, &square.z, &parameter.z);
  adam_element(g.w, step_size, root_scale, &mean.w, &square.w, &parameter.w);
  m[i] = mean;
  v[i] = square;
  p[i] = parameter;
}
