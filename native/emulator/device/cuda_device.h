// SPDX-License-Identifier: Apache-2.0
// CUDA C++ for a C++17 compiler: included before a file of kernels, it makes the file's kernels
// functions that the emulator calls once a thread.
#pragma once

#include "runtime.h"
// Before the words below become macros, for headers of the C++ library use some of them.
// clang-format off: each needs those above it.
#include "arithmetic.h"
#include "memory_access.h"
#include "vectors.h"
#include "execution.h"
#include "qualifiers.h"
#include "kernels.h"
// clang-format on
