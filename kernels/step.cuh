// SPDX-License-Identifier: Apache-2.0
//
// Where a run stands, on the device: kernels of a captured graph get the same arguments in every replay,
// so whatever changes from step to step is here. Java sets step and batch, the rest to 0 (class StepState).
#pragma once

#include "device.cuh"

struct StepState {
  unsigned long long step;  // training steps before this one, over the whole run
  int batch;                // which batch of the epoch this is
  int failed;               // 1 once the host has failed to answer: nothing more is waited for
  float beta;        // the host's answer: the weight of KL in this step, or C of gamma |KL - C|
  float step_size;   // Adam: lr / (1 - 0.9^t), t = step + 1
  float root_scale;  // Adam: 1 / sqrt(1 - 0.999^t)
  int unused;        // to a multiple of 8 bytes
};
