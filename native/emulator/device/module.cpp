// SPDX-License-Identifier: Apache-2.0
// In every module: dynamic shared memory, which its kernels declare under names of their own.
#include "shared_memory.h"

extern "C" {

alignas(1024) thread_local char
    cvaeModuleDynamicSharedMemory[emulator::maxSharedPerBlock + emulator::sharedMargin];

/** The calling thread's. */
char* cvaeModuleDynamicShared() { return cvaeModuleDynamicSharedMemory; }
}
