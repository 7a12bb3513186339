// SPDX-License-Identifier: Apache-2.0
// Code for GPUs, which the emulator cannot run: it looks at it as a driver does before it loads it.
#pragma once

#include "driver_api.h"

namespace emulator {

enum class ImageKind { sharedObject, fatBinary, cubin, ptx, unknown };

/** What an image begins like. */
ImageKind kindOf(const void* image);

/**
 * What a driver for CUDA `driver` (1000 * major + 10 * minor) says of code for a GPU, on a device of a
 * compute capability (times ten).
 *
 * @param image a fat binary, a cubin or PTX
 * @param target = the capability that the code it takes was made for
 * @return CUDA_SUCCESS if it takes it
 */
CUresult judge(const void* image, int driver, int capability, int* target);

}  // namespace emulator
