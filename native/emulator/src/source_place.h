// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace emulator {

/**
 * A place in a module's code as file and line, and, where the compiler put that into another function's code, that
 * function's in brackets. Asks addr2line; where there is none, as an offset.
 *
 * @param offset in the module: just behind the instruction
 */
std::string sourcePlace(const std::string& module, std::uint32_t offset);

}  // namespace emulator
