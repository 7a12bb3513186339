// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "module.h"
#include "work.h"

namespace emulator {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t dynamicShared;
  bool cooperative;
};

/** Blocks of a kernel that a multiprocessor holds at a time; registers are not counted. */
unsigned residentBlocks(const Function& function, unsigned threads, std::size_t dynamicShared);

/** Makes the task of a launch; the arguments are copied. */
CUresult prepareLaunch(const Function& function, const LaunchShape& shape, void** arguments,
                       TaskPointer* task);

}  // namespace emulator
