// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

namespace emulator {

/** Has memory faults of kernels end the kernel, not the process. Once for the process. */
void handleFaults();

/**
 * Prepares the calling thread for kernels: signals get a stack of their own, for a kernel's may be what
 * overflowed, and those that are not about faults go to other threads.
 */
void prepareKernelThread();

/** Ends the kernel code that a thread is running, if any. */
void interrupt(pthread_t thread);

}  // namespace emulator
