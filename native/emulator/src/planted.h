// SPDX-License-Identifier: Apache-2.0
// Failures that a test plants, as hardware and other programs make them: out of nothing.
#pragma once

#include <string>

#include "work.h"

namespace emulator {

/**
 * Plants a failure of one call.
 *
 * @param text "CALL:N:CODE": from now on the N-th call of this name returns the code; "" for none
 * @return whether it says that
 */
bool plantFailure(const std::string& text);

/**
 * Plants the loss of the device.
 *
 * @param text "N:CODE": from now on the N-th kernel fails with this code; "" for none
 * @return whether it says that
 */
bool plantLoss(const std::string& text);

/** What a call of this name is to return now: CUDA_SUCCESS unless a failure is planted there. */
CUresult plantedFailure(const char* call);

/** Does a task, or fails as it is planted. */
bool runTask(const Task& task, Team& team, Failure* failure);

}  // namespace emulator
