// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "block.h"
#include "driver_api.h"

namespace emulator {

/** Whether work may go on: the first failure is told of and kept, and is every call's answer from then on. */
class Health {
 public:
  /** CUDA_SUCCESS before the first failure. */
  CUresult failure() const { return static_cast<CUresult>(failure_.load()); }
  void fail(const Failure& failure);

 private:
  std::atomic<int> failure_{CUDA_SUCCESS};
};

}  // namespace emulator
