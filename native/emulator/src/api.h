// SPDX-License-Identifier: Apache-2.0
// What the driver's functions have in common.
#pragma once

#include <memory>
#include <mutex>
#include <new>

#include "context.h"
#include "driver_api.h"
#include "planted.h"

namespace emulator {

/** The calling thread's current context; null if it has none, or one that was destroyed. */
CUctx_st* currentContext();

/**
 * NVIDIA's runtime, which is in cuBLAS, begins to use the current context.
 *
 * @return whether it can: it never gets over a primary context that it used and that was let go of
 */
bool attachRuntime();

bool isInitialized();

/** Runs a function's body, with no exception going out. */
template <typename Body>
CUresult guarded(Body body) noexcept {
  if (!isInitialized()) {
    return CUDA_ERROR_NOT_INITIALIZED;
  }
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

/** Runs a function's body with the current context, unless a kernel's fault made that useless. */
template <typename Body>
CUresult withContext(Body body) noexcept {
  return guarded([&body]() -> CUresult {
    CUctx_st* context = currentContext();
    if (context == nullptr) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    return context->failure() != CUDA_SUCCESS ? context->failure() : body(*context);
  });
}

/** The same for a call that a test may make fail. */
template <typename Body>
CUresult withContext(const char* call, Body body) noexcept {
  return withContext([&](CUctx_st& context) -> CUresult {
    CUresult planted = plantedFailure(call);
    return planted != CUDA_SUCCESS ? planted : body(context);
  });
}

/** The same with a stream of the context. */
template <typename Body>
CUresult withStream(CUstream handle, Body body) noexcept {
  return withContext([&](CUctx_st& context) -> CUresult {
    CUstream_st* stream = context.stream(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : body(context, *stream);
  });
}

/** Whether a context's set of handles has one. */
template <typename T>
bool has(CUctx_st& context, const std::set<std::unique_ptr<T>>& handles, const T* handle) {
  std::lock_guard<std::mutex> lock(context.mutex);
  for (const auto& own : handles) {
    if (own.get() == handle) {
      return true;
    }
  }
  return false;
}

/** Takes a handle out of its set; null if the set has no such handle. */
template <typename T>
std::unique_ptr<T> take(CUctx_st& context, std::set<std::unique_ptr<T>>& handles, const T* handle) {
  std::lock_guard<std::mutex> lock(context.mutex);
  for (auto own = handles.begin(); own != handles.end(); ++own) {
    if (own->get() == handle) {
      return std::move(handles.extract(own).value());
    }
  }
  return nullptr;
}

}  // namespace emulator
