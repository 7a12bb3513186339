// SPDX-License-Identifier: Apache-2.0
// What libcuda.so.1 offers beside the driver's functions: to the emulator's cuBLAS, and to tests.
#pragma once

#include <cstddef>

#include "driver_api.h"

extern "C" {

/** Work that is appended to a stream, or recorded by its capture, as a kernel is. */
struct CvaeEmulatorWork {
  /** @return null if all went well, else what did not; the text is copied */
  const char* (*run)(void* data);
  /** Called once, when the work is not needed any more. */
  void (*release)(void* data);
  void* data;
};

CUresult cvaeEmulatorSubmit(CUstream stream, const CvaeEmulatorWork* work);
/** Whether kernels may touch these bytes; where not, `what` is told of with where they lie. */
bool cvaeEmulatorMayTouch(const char* what, const void* address, std::size_t bytes);
/** Columns of a matrix, one after the other, as work touches them. */
struct CvaeEmulatorColumns {
  const void* first;
  std::size_t bytes;
  /** From the start of one to the start of the next. */
  std::size_t distance;
  std::size_t count;
};

/**
 * Tells what the running work does to memory, before it does it.
 *
 * @param what the work, in reports
 * @return null if that is well, else what is not, until the thread's next call
 */
const char* cvaeEmulatorTouch(const char* what, const CvaeEmulatorColumns* columns, bool write);
/** See config.h. @return 1 if the setting was made */
int cvaeEmulatorConfigure(const char* name, const char* value);
/** Copies the newest report, cut to fit. @return its length */
std::size_t cvaeEmulatorReport(char* text, std::size_t capacity);
/**
 * A handle of cuBLAS is to be made.
 *
 * @return what keeps it from being made, or CUDA_SUCCESS
 */
CUresult cvaeEmulatorAttach(void);
/** It has been destroyed. */
void cvaeEmulatorDetach(void);
/** Things that the calling thread's context holds, and handles of cuBLAS: what was made and not given back. */
std::size_t cvaeEmulatorHeld(void);
/** Says that a call is not supported, and ends the process. */
[[noreturn]] void cvaeEmulatorUnsupported(const char* call);
}
