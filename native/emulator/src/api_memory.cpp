// SPDX-License-Identifier: Apache-2.0
// Driver API: memory.
#include <cstring>
#include <vector>

#include "api.h"
#include "config.h"
#include "report.h"
#include "task_check.h"

using emulator::Failure;
using emulator::Memory;
using emulator::MemoryKind;
using emulator::TaskCheck;
using emulator::TaskPointer;
using emulator::Team;
using emulator::withContext;
using emulator::withStream;

namespace {

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

CUdeviceptr address(const void* pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }

/** Whether a call may touch these bytes of the device's; tells if not. */
bool isOnDevice(const char* call, const void* start, std::size_t bytes) {
  if (bytes == 0 || Memory::instance().contains(start, bytes)) {
    return true;
  }
  emulator::report(emulator::format("%s: %zu bytes at %p, ", call, bytes, start) +
                   Memory::instance().describe(start) + ", are not all device memory");
  return false;
}

TaskPointer copyTask(void* to, const void* from, std::size_t bytes) {
  return emulator::task(CU_GRAPH_NODE_TYPE_MEMCPY, [=](Team&, Failure* failure) {
    TaskCheck check("a copy");
    if (!check.look(from, bytes, false, failure) || !check.look(to, bytes, true, failure)) {
      return false;
    }
    std::memmove(to, from, bytes);
    return true;
  });
}

/** A copy whose source is read now. */
TaskPointer copyTaskOf(void* to, const void* from, std::size_t bytes) {
  const auto* start = static_cast<const char*>(from);
  auto staged = std::make_shared<std::vector<char>>(start, start + bytes);
  return emulator::task(CU_GRAPH_NODE_TYPE_MEMCPY, [=](Team&, Failure* failure) {
    if (!TaskCheck("a copy").look(to, bytes, true, failure)) {
      return false;
    }
    std::memcpy(to, staged->data(), bytes);
    return true;
  });
}

template <typename T>
TaskPointer fillTask(void* to, T value, std::size_t count) {
  return emulator::task(CU_GRAPH_NODE_TYPE_MEMSET, [=](Team&, Failure* failure) {
    if (!TaskCheck("a memset").look(to, count * sizeof value, true, failure)) {
      return false;
    }
    for (std::size_t i = 0; i < count; i++) {
      std::memcpy(static_cast<char*>(to) + i * sizeof value, &value, sizeof value);
    }
    return true;
  });
}

CUresult allocate(CUctx_st& context, MemoryKind kind, std::size_t bytes, void** result) {
  if (bytes == 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (CUresult forbidden = context.forbidInCapture(); forbidden != CUDA_SUCCESS) {
    return forbidden;
  }
  *result = Memory::instance().allocate(bytes, kind);
  if (*result == nullptr) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  std::lock_guard<std::mutex> lock(context.mutex);
  (kind == MemoryKind::device ? context.deviceMemory : context.pinnedMemory).insert(*result);
  return CUDA_SUCCESS;
}

CUresult release(CUctx_st& context, MemoryKind kind, void* base) {
  if (base == nullptr) {
    return CUDA_SUCCESS;
  }
  if (CUresult forbidden = context.forbidInCapture(); forbidden != CUDA_SUCCESS) {
    return forbidden;
  }
  // A real driver waits for work that may still need device memory. Of pinned memory nobody says that it
  // does.
  if (kind == MemoryKind::device) {
    if (CUresult failed = context.synchronize(); failed != CUDA_SUCCESS) {
      return failed;
    }
  }
  {
    std::lock_guard<std::mutex> lock(context.mutex);
    (kind == MemoryKind::device ? context.deviceMemory : context.pinnedMemory).erase(base);
  }
  return Memory::instance().free(base, kind) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

extern "C" {

CUresult cuMemAlloc_v2(CUdeviceptr* result, std::size_t bytes) {
  return withContext("cuMemAlloc", [=](CUctx_st& context) {
    void* base = nullptr;
    CUresult allocated = allocate(context, MemoryKind::device, bytes, &base);
    *result = address(base);
    return allocated;
  });
}

CUresult cuMemFree_v2(CUdeviceptr base) {
  return withContext(
      [=](CUctx_st& context) { return release(context, MemoryKind::device, pointer(base)); });
}

CUresult cuMemHostAlloc(void** result, std::size_t bytes, unsigned int) {
  return withContext("cuMemHostAlloc", [=](CUctx_st& context) {
    return allocate(context, MemoryKind::pinned, bytes, result);
  });
}

CUresult cuMemFreeHost(void* base) {
  return withContext([=](CUctx_st& context) { return release(context, MemoryKind::pinned, base); });
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* result, void* host, unsigned int flags) {
  return withContext("cuMemHostGetDevicePointer", [=](CUctx_st&) {
    *result = address(host);
    return flags == 0 && Memory::instance().isPinned(host) ? CUDA_SUCCESS
                                                           : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return withContext([=](CUctx_st&) {
    *free = Memory::instance().freeBytes();
    *total = emulator::config().memoryBytes;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
  return withContext([=](CUctx_st& context) {
    return isOnDevice("cuMemcpyHtoD", pointer(to), bytes)
               ? context.runNow(copyTask(pointer(to), from, bytes))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
  return withContext([=](CUctx_st& context) {
    return isOnDevice("cuMemcpyDtoH", pointer(from), bytes)
               ? context.runNow(copyTask(to, pointer(from), bytes))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes,
                              CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    if (!isOnDevice("cuMemcpyHtoDAsync", pointer(to), bytes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    // Pageable memory is staged before a real driver returns; a graph reads it when it runs.
    bool later = Memory::instance().isPinned(from) ||
                 context.captureStatus(own) != CU_STREAM_CAPTURE_STATUS_NONE;
    return context.submit(
        own, later ? copyTask(pointer(to), from, bytes) : copyTaskOf(pointer(to), from, bytes));
  });
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    if (!isOnDevice("cuMemcpyDtoHAsync", pointer(from), bytes)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    std::shared_ptr<emulator::Completion> completion;
    CUresult result = context.submit(own, copyTask(to, pointer(from), bytes), &completion);
    // Into pageable memory a real driver returns when the copy is done.
    if (completion != nullptr && !Memory::instance().isPinned(to)) {
      completion->wait();
    }
    return result == CUDA_SUCCESS ? context.failure() : result;
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                              CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    bool good = isOnDevice("cuMemcpyDtoD", pointer(to), bytes) &&
                isOnDevice("cuMemcpyDtoD", pointer(from), bytes);
    return good ? context.submit(own, copyTask(pointer(to), pointer(from), bytes))
                : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return cuMemsetD8Async(to, value, count, nullptr);
}

CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned int value, std::size_t count) {
  return cuMemsetD32Async(to, value, count, nullptr);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    return isOnDevice("cuMemsetD8", pointer(to), count)
               ? context.submit(own, fillTask(pointer(to), value, count))
               : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int value, std::size_t count, CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    return to % sizeof value == 0 && isOnDevice("cuMemsetD32", pointer(to), count * sizeof value)
               ? context.submit(own, fillTask(pointer(to), value, count))
               : CUDA_ERROR_INVALID_VALUE;
  });
}
}
