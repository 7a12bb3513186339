// SPDX-License-Identifier: Apache-2.0
// In every module: dynamic shared memory, which its kernels declare under names of their own.
// And what the compiler's checks of array indices and of alignment call when they find something:
// functions of the undefined-behaviour sanitizer, whose own library is not linked.
#include "runtime.h"
#include "shared_memory.h"

namespace {

/** How all of the sanitizer's descriptions begin. */
struct Finding {
  const char* file;
  std::uint32_t line;
  std::uint32_t column;
};

emulator::Place place(const Finding* finding) {
  return {finding->file, static_cast<int>(finding->line)};
}

}  // namespace

extern "C" {

alignas(1024) thread_local char cvaeModuleDynamicSharedMemory[emulator::maxSharedPerBlock +
                                                              emulator::sharedMargin];

/** The calling thread's. */
char* cvaeModuleDynamicShared() { return cvaeModuleDynamicSharedMemory; }

void __ubsan_handle_out_of_bounds_abort(const Finding* finding, std::uintptr_t index) {
  cvaeEmulatorBadIndex(static_cast<long>(index), place(finding));
}

void __ubsan_handle_type_mismatch_v1_abort(const Finding* finding, std::uintptr_t address) {
  cvaeEmulatorMisaligned(reinterpret_cast<const void*>(address), place(finding));
}
}
