// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace emulator {

/** Tells of something that went wrong: on standard error, and kept for lastReport. */
void report(const std::string& text);

/** The newest report; empty if there was none. */
std::string lastReport();

/** printf into a string. */
__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...);

/** Ends the process, for a call that the emulator does not have. */
[[noreturn]] void unsupported(const char* call);

}  // namespace emulator
