// SPDX-License-Identifier: Apache-2.0
#pragma once

/** max(x, 0), and NaN for NaN: fmaxf would make it 0, and a network that has diverged would train on. */
__device__ inline float rectified(float x) { return x > 0.0f || x != x ? x : 0.0f; }
