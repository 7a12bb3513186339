// SPDX-License-Identifier: Apache-2.0
// Driver API: contexts.
#include <algorithm>
#include <map>
#include <vector>

#include "api.h"
#include "config.h"

namespace emulator {
namespace {

struct Primary {
  CUctx_st* context = nullptr;
  int users = 0;
  /** Whether the runtime in cuBLAS uses the context, or one that was there before. */
  bool hasRuntime = false;
  /** Whether a context that it used, and that was well, is gone. */
  bool hasLeftRuntime = false;
};

/** All contexts of the process. */
struct Contexts {
  std::mutex mutex;
  std::set<std::unique_ptr<CUctx_st>> all;
  std::map<CUdevice, Primary> primary;
};

Contexts& contexts() {
  static auto* contexts = new Contexts;
  return *contexts;
}

/** The calling thread's stack of current contexts. */
std::vector<CUctx_st*>& stack() {
  thread_local std::vector<CUctx_st*> contexts;
  return contexts;
}

bool exists(const CUctx_st* context) {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  return std::any_of(contexts().all.begin(), contexts().all.end(),
                     [context](const auto& own) { return own.get() == context; });
}

CUctx_st* create() {
  std::lock_guard<std::mutex> lock(contexts().mutex);
  return contexts().all.insert(std::make_unique<CUctx_st>()).first->get();
}

CUresult destroy(CUctx_st* context) {
  std::unique_ptr<CUctx_st> ending;
  {
    std::lock_guard<std::mutex> lock(contexts().mutex);
    auto& all = contexts().all;
    auto found = std::find_if(all.begin(), all.end(),
                              [context](const auto& own) { return own.get() == context; });
    if (found == all.end()) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    ending = std::move(all.extract(found).value());
  }
  if (!stack().empty() && stack().back() == context) {
    stack().pop_back();
  }
  return CUDA_SUCCESS;
}

/** What keeps a context from being created, if anything does. */
CUresult mayCreate() {
  if (config().computeMode != ComputeMode::standard) {
    return CUDA_ERROR_DEVICE_UNAVAILABLE;
  }
  return plantedFailure("cuCtxCreate");
}

}  // namespace

bool attachRuntime() {
  CUctx_st* current = currentContext();
  for (auto& [device, primary] : contexts().primary) {
    if (primary.users > 0 && primary.context == current) {
      primary.hasRuntime = true;
      return !primary.hasLeftRuntime;
    }
  }
  return current != nullptr;
}

CUctx_st* currentContext() {
  return stack().empty() || !exists(stack().back()) ? nullptr : stack().back();
}

}  // namespace emulator

using emulator::contexts;
using emulator::guarded;
using emulator::stack;
using emulator::withContext;

extern "C" {

CUresult cuCtxCreate_v2(CUcontext* context, unsigned int, CUdevice device) {
  return guarded([=] {
    if (device < 0 || device >= emulator::config().devices) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    if (CUresult refused = emulator::mayCreate(); refused != CUDA_SUCCESS) {
      return refused;
    }
    *context = emulator::create();
    stack().push_back(*context);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxDestroy_v2(CUcontext context) {
  return guarded([=] { return emulator::destroy(context); });
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  return guarded([=] {
    *context = emulator::currentContext();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return guarded([=] {
    if (context != nullptr && !emulator::exists(context)) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (!stack().empty()) {
      stack().pop_back();
    }
    if (context != nullptr) {
      stack().push_back(context);
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return guarded([=] {
    if (!emulator::exists(context)) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    stack().push_back(context);
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return guarded([=] {
    if (stack().empty()) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (context != nullptr) {
      *context = stack().back();
    }
    stack().pop_back();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxGetDevice(CUdevice* device) {
  return withContext([=](CUctx_st&) {
    *device = 0;
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSynchronize() {
  return withContext([](CUctx_st& context) { return context.synchronize(); });
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return withContext([=](CUctx_st&) {
    if (least != nullptr) {
      *least = 0;
    }
    if (greatest != nullptr) {
      *greatest = -5;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return guarded([=] {
    if (device < 0 || device >= emulator::config().devices) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    auto& primary = contexts().primary[device];
    if (primary.users == 0) {
      if (CUresult refused = emulator::mayCreate(); refused != CUDA_SUCCESS) {
        return refused;
      }
      primary.context = emulator::create();
    }
    primary.users++;
    *context = primary.context;
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return guarded([=] {
    auto& primary = contexts().primary[device];
    if (primary.users == 0) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (--primary.users > 0) {
      return CUDA_SUCCESS;
    }
    // From a context that has failed nobody expects anything any more.
    bool isWell = primary.context->failure() == CUDA_SUCCESS;
    primary.hasLeftRuntime |= isWell && primary.hasRuntime;
    primary.hasRuntime &= isWell;
    return emulator::destroy(primary.context);
  });
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return guarded([=] {
    auto& primary = contexts().primary[device];
    if (primary.users == 0) {
      return CUDA_SUCCESS;
    }
    CUresult result = emulator::destroy(primary.context);
    primary.context = emulator::create();
    return result;
  });
}
}
