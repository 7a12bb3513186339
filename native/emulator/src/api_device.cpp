// SPDX-License-Identifier: Apache-2.0
// Driver API: initialisation, devices, errors' names.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "api.h"
#include "config.h"
#include "limits.h"
#include "report.h"

namespace emulator {
namespace {

std::atomic<bool> initialized{false};

bool isDevice(CUdevice device) { return device >= 0 && device < config().devices; }

/** @return -1 if the emulator does not know the attribute */
int attribute(int which) {
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
      return maxThreadsPerBlock;
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
      return maxBlockZ;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
      return maxGridX;
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
    case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
      return maxGridYZ;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
      return sharedWithoutOptIn;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
      return static_cast<int>(limits().sharedPerBlock);
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
      return static_cast<int>(limits().sharedPerMultiprocessor);
    case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
      return static_cast<int>(limits().reservedSharedPerBlock);
    case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
      return 64 << 10;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
      return warpSize;
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
    case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
      return maxRegisters;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
      return 1'000'000;
    case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
      return 1'000'000;
    case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
      return 64;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
      return 1 << 20;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
      return config().multiprocessors;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
      return static_cast<int>(limits().threadsPerMultiprocessor);
    case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
      return static_cast<int>(limits().blocksPerMultiprocessor);
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
      return config().capability / 10;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
      return config().capability % 10;
    case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
    case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    case CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED:
    case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
    case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
      return 1;
    case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
      return limits().hasClusters ? 1 : 0;
    case CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT:
      return config().watchdog ? 1 : 0;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE:
      return static_cast<int>(config().computeMode);
    case CU_DEVICE_ATTRIBUTE_INTEGRATED:
    case CU_DEVICE_ATTRIBUTE_ECC_ENABLED:
    case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
      return 0;
    default:
      return -1;
  }
}

struct ErrorText {
  CUresult code;
  const char* name;
  const char* text;
};

#define CVAE_ERROR(NAME, TEXT) {NAME, #NAME, TEXT}

constexpr ErrorText errorTexts[] = {
    CVAE_ERROR(CUDA_SUCCESS, "no error"),
    CVAE_ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    CVAE_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    CVAE_ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    CVAE_ERROR(CUDA_ERROR_DEVICE_UNAVAILABLE, "CUDA-capable device(s) is/are busy or unavailable"),
    CVAE_ERROR(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    CVAE_ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    CVAE_ERROR(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    CVAE_ERROR(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for this device"),
    CVAE_ERROR(CUDA_ERROR_INVALID_PTX, "the PTX code cannot be compiled"),
    CVAE_ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "the PTX is of a newer toolkit"),
    CVAE_ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    CVAE_ERROR(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered"),
    CVAE_ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    CVAE_ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    CVAE_ERROR(CUDA_ERROR_NOT_READY, "device not ready"),
    CVAE_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    CVAE_ERROR(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    CVAE_ERROR(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    CVAE_ERROR(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    CVAE_ERROR(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    CVAE_ERROR(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, "too many blocks in cooperative launch"),
    CVAE_ERROR(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
               "operation not permitted when stream is capturing"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
               "operation failed due to a previous error during capture"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_MERGE,
               "operation would result in a merge of separate capture sequences"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED,
               "capture was not ended in the same stream as it began"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capturing stream has unjoined work"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
               "dependency created on uncaptured work in another stream"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
               "operation would make the legacy stream depend on a capturing blocking stream"),
    CVAE_ERROR(CUDA_ERROR_CAPTURED_EVENT,
               "operation not permitted on an event last recorded in a capturing stream"),
    CVAE_ERROR(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD,
               "attempt to terminate a thread-local capture sequence from another thread"),
    CVAE_ERROR(CUDA_ERROR_INVALID_CLUSTER_SIZE,
               "a kernel launch error has occurred due to cluster misconfiguration"),
    CVAE_ERROR(CUDA_ERROR_UNKNOWN, "unknown error"),
};

#undef CVAE_ERROR

const ErrorText* errorText(CUresult code) {
  const auto* found = std::find_if(std::begin(errorTexts), std::end(errorTexts),
                                   [code](const ErrorText& error) { return error.code == code; });
  return found == std::end(errorTexts) ? nullptr : found;
}

}  // namespace

bool isInitialized() { return initialized; }

}  // namespace emulator

using emulator::attribute;
using emulator::config;
using emulator::guarded;
using emulator::isDevice;

extern "C" {

CUresult cuInit(unsigned int flags) {
  if (flags != 0) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (config().devices == 0) {
    return CUDA_ERROR_NO_DEVICE;
  }
  emulator::initialized = true;
  return CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int* version) {
  *version = config().driver;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  return guarded([=] {
    *count = config().devices;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return guarded([=] {
    *device = ordinal;
    return isDevice(ordinal) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
  });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return guarded([=] {
    if (!isDevice(device) || length <= 0) {
      return isDevice(device) ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_INVALID_DEVICE;
    }
    std::strncpy(name, "cvae-gpu emulator (not a GPU)", static_cast<std::size_t>(length) - 1);
    name[length - 1] = 0;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
  return guarded([=] {
    if (!isDevice(device)) {
      return CUDA_ERROR_INVALID_DEVICE;
    }
    *value = attribute(which);
    if (*value < 0) {
      std::string call = emulator::format("cuDeviceGetAttribute(%d)", static_cast<int>(which));
      emulator::unsupported(call.c_str());
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  return guarded([=] {
    *bytes = config().memoryBytes;
    return isDevice(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
  });
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  const auto* found = emulator::errorText(error);
  *name = found == nullptr ? nullptr : found->name;
  return found == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  const auto* found = emulator::errorText(error);
  *text = found == nullptr ? nullptr : found->text;
  return found == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuProfilerStart() {
  return guarded([] { return CUDA_SUCCESS; });
}

CUresult cuProfilerStop() {
  return guarded([] { return CUDA_SUCCESS; });
}
}
