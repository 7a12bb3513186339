// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "module.h"
#include "work.h"

namespace emulator {

struct LaunchShape {
  dim3 grid;
  dim3 block;
  std::size_t dynamicShared = 0;
  bool cooperative = false;
  /** Whether the launch names a cluster, be it of one block. */
  bool hasCluster = false;
  dim3 cluster;
  /** Whether it may begin before the grid before it has ended. */
  bool programmatic = false;
};

/** Blocks of a kernel that a multiprocessor holds at a time. */
unsigned residentBlocks(const Function& function, unsigned threads, std::size_t dynamicShared);

/** Clusters of a launch that the device holds at a time. */
unsigned residentClusters(const Function& function, const LaunchShape& shape);

/** The error for a launch that a GPU of this compute capability would refuse; a report says why. */
CUresult checkLaunch(const Function& function, const LaunchShape& shape);

/** Makes the task of a launch; the arguments are copied. */
CUresult prepareLaunch(const Function& function, const LaunchShape& shape, void** arguments,
                       TaskPointer* task);

}  // namespace emulator
