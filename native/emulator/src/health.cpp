// SPDX-License-Identifier: Apache-2.0
#include "health.h"

#include "report.h"

namespace emulator {

void Health::fail(const Failure& failure) {
  int none = CUDA_SUCCESS;
  if (failure_.compare_exchange_strong(none, failure.code)) {
    report(failure.text);
  }
}

}  // namespace emulator
