// SPDX-License-Identifier: Apache-2.0
// Handles of modules and their functions.
#pragma once

#include <algorithm>

#include "api.h"
#include "module.h"

namespace emulator {

inline CUmodule handle(Module* module) { return reinterpret_cast<CUmodule>(module); }
inline Module* moduleOf(CUmodule handle) { return reinterpret_cast<Module*>(handle); }
inline CUfunction handle(Function* function) { return reinterpret_cast<CUfunction>(function); }
inline Function* functionOf(CUfunction handle) { return reinterpret_cast<Function*>(handle); }

inline bool isFunction(CUctx_st& context, CUfunction function) {
  std::lock_guard<std::mutex> lock(context.mutex);
  return std::any_of(context.modules.begin(), context.modules.end(),
                     [function](const auto& own) { return own->has(functionOf(function)); });
}

/** Runs a body with a function of the current context. */
template <typename Body>
CUresult withFunction(CUfunction function, Body body) {
  return withContext([&](CUctx_st& context) -> CUresult {
    return isFunction(context, function) ? body(context, *functionOf(function))
                                         : CUDA_ERROR_INVALID_HANDLE;
  });
}

}  // namespace emulator
