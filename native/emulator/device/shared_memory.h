// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace emulator {

/** An H100's shared memory for one block. */
constexpr std::size_t maxSharedPerBlock = 227 << 10;
/** Bytes after dynamic shared memory that are watched for writes. */
constexpr std::size_t sharedMargin = 256;

}  // namespace emulator
