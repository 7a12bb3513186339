// SPDX-License-Identifier: Apache-2.0
// Driver API: modules and functions.
#include <algorithm>

#include "api_function.h"
#include "config.h"
#include "image.h"
#include "limits.h"
#include "report.h"

using emulator::Function;
using emulator::handle;
using emulator::Module;
using emulator::moduleOf;
using emulator::withContext;
using emulator::withFunction;

extern "C" {

/** NVIDIA's libraries ask for tables of functions that are theirs alone; without an answer NVRTC fails. */
CUresult cuGetExportTable(const void** table, const void*) {
  *table = nullptr;
  return CUDA_ERROR_NOT_FOUND;
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  return withContext([=](CUctx_st& context) {
    if (CUresult forbidden = context.forbidInCapture(); forbidden != CUDA_SUCCESS) {
      return forbidden;
    }
    std::unique_ptr<Module> loaded;
    int target = emulator::config().capability;
    if (emulator::kindOf(image) == emulator::ImageKind::sharedObject) {
      loaded = Module::load(image);
    } else {
      const emulator::Config& config = emulator::config();
      CUresult refused = emulator::judge(image, config.driver, config.capability, &target);
      if (refused != CUDA_SUCCESS) {
        return refused;
      }
      loaded = Module::loadInPlaceOfGpuCode();
    }
    if (loaded == nullptr) {
      return CUDA_ERROR_INVALID_IMAGE;
    }
    loaded->setTarget(target);
    *module = handle(loaded.get());
    std::lock_guard<std::mutex> lock(context.mutex);
    context.modules.insert(std::move(loaded));
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned int, CUjit_option*,
                            void**) {
  return cuModuleLoadData(module, image);
}

CUresult cuModuleUnload(CUmodule module) {
  return withContext([=](CUctx_st& context) {
    if (!emulator::has(context, context.modules, moduleOf(module))) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (CUresult failed = context.synchronize(); failed != CUDA_SUCCESS) {
      return failed;
    }
    emulator::take(context, context.modules, moduleOf(module));
    return CUDA_SUCCESS;
  });
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  return withContext([=](CUctx_st& context) {
    if (!emulator::has(context, context.modules, moduleOf(module))) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    *function = handle(moduleOf(module)->function(name));
    return *function == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
  });
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, std::size_t* bytes, CUmodule module,
                              const char* name) {
  return withContext([=](CUctx_st& context) {
    if (!emulator::has(context, context.modules, moduleOf(module))) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    void* found = nullptr;
    std::size_t size = 0;
    if (!moduleOf(module)->global(name, &found, &size)) {
      return CUDA_ERROR_NOT_FOUND;
    }
    if (address != nullptr) {
      *address = reinterpret_cast<CUdeviceptr>(found);
    }
    if (bytes != nullptr) {
      *bytes = size;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function) {
  return withFunction(function, [=](CUctx_st&, const Function& own) {
    switch (attribute) {
      case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        *value = static_cast<int>(own.kernel->maxThreads == 0 ? emulator::maxThreadsPerBlock
                                                              : own.kernel->maxThreads);
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
        *value = static_cast<int>(own.staticShared);
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
        *value = static_cast<int>(own.maxDynamicShared);
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
      case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
        *value = 0;
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_PTX_VERSION:
        *value = own.module->target();
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_NUM_REGS:
        *value = static_cast<int>(own.registers);
        return CUDA_SUCCESS;
      case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
        *value = own.nonPortableClusters ? 1 : 0;
        return CUDA_SUCCESS;
      default:
        emulator::unsupported(
            emulator::format("cuFuncGetAttribute(%d)", static_cast<int>(attribute)).c_str());
    }
  });
}

CUresult cuFuncGetParamInfo(CUfunction function, std::size_t index, std::size_t* offset,
                            std::size_t* size) {
  return withFunction(function, [=](CUctx_st&, const Function& own) {
    const emulator::Kernel& kernel = *own.kernel;
    if (index >= kernel.argumentCount || offset == nullptr) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // As a struct's members lie.
    std::size_t end = 0;
    for (std::size_t i = 0; i <= index; i++) {
      std::size_t alignment = kernel.argumentAlignments[i];
      *offset = (end + alignment - 1) / alignment * alignment;
      end = *offset + kernel.argumentSizes[i];
    }
    if (size != nullptr) {
      *size = kernel.argumentSizes[index];
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  return withFunction(function, [=](CUctx_st&, Function& own) {
    if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) {
      return value >= -1 && value <= 100 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    }
    if (attribute == CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED) {
      own.nonPortableClusters = value != 0;
      return value == 0 || value == 1 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    }
    bool settable = attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    if (!settable || value < 0 ||
        static_cast<std::size_t>(value) + own.staticShared > emulator::limits().sharedPerBlock) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    own.maxDynamicShared = static_cast<std::size_t>(value);
    return CUDA_SUCCESS;
  });
}
}
