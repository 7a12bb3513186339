// SPDX-License-Identifier: Apache-2.0
// Driver API: launches.
#include "api_function.h"
#include "launch.h"
#include "limits.h"
#include "report.h"

using emulator::Function;
using emulator::LaunchShape;
using emulator::TaskPointer;
using emulator::withFunction;
using emulator::withStream;

namespace {

CUresult launch(CUfunction function, const LaunchShape& shape, CUstream stream, void** arguments) {
  return withStream(stream, [&](CUctx_st& context, CUstream_st& own) {
    if (!emulator::isFunction(context, function)) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    TaskPointer task;
    CUresult result =
        emulator::prepareLaunch(*emulator::functionOf(function), shape, arguments, &task);
    return result == CUDA_SUCCESS ? context.submitLaunch(own, task) : result;
  });
}

/** Makes a launch's shape of its attributes; a report says which is none of the emulator's. */
CUresult readConfig(const CUlaunchConfig* config, LaunchShape* shape) {
  if (config == nullptr || (config->numAttrs > 0 && config->attrs == nullptr)) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  *shape = {};
  shape->grid = {config->gridDimX, config->gridDimY, config->gridDimZ};
  shape->block = {config->blockDimX, config->blockDimY, config->blockDimZ};
  shape->dynamicShared = config->sharedMemBytes;
  for (unsigned i = 0; i < config->numAttrs; i++) {
    const CUlaunchAttributeValue& value = config->attrs[i].value;
    switch (config->attrs[i].id) {
      case CU_LAUNCH_ATTRIBUTE_IGNORE:
        break;
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        shape->cooperative = value.cooperative != 0;
        break;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
        shape->hasCluster = true;
        shape->cluster = {value.clusterDim.x, value.clusterDim.y, value.clusterDim.z};
        break;
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
        shape->programmatic = value.programmaticStreamSerializationAllowed != 0;
        break;
      default:
        emulator::report(emulator::format("cuLaunchKernelEx: launch attribute %d is not supported",
                                          static_cast<int>(config->attrs[i].id)));
        return CUDA_ERROR_NOT_SUPPORTED;
    }
  }
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

CUresult cuLaunchKernel(CUfunction function, unsigned int gridX, unsigned int gridY,
                        unsigned int gridZ, unsigned int blockX, unsigned int blockY,
                        unsigned int blockZ, unsigned int sharedBytes, CUstream stream,
                        void** arguments, void** extra) {
  if (extra != nullptr) {
    emulator::unsupported("cuLaunchKernel with extra");
  }
  LaunchShape shape;
  shape.grid = {gridX, gridY, gridZ};
  shape.block = {blockX, blockY, blockZ};
  shape.dynamicShared = sharedBytes;
  return launch(function, shape, stream, arguments);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned int gridX, unsigned int gridY,
                                   unsigned int gridZ, unsigned int blockX, unsigned int blockY,
                                   unsigned int blockZ, unsigned int sharedBytes, CUstream stream,
                                   void** arguments) {
  LaunchShape shape;
  shape.grid = {gridX, gridY, gridZ};
  shape.block = {blockX, blockY, blockZ};
  shape.dynamicShared = sharedBytes;
  shape.cooperative = true;
  return launch(function, shape, stream, arguments);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** arguments,
                          void** extra) {
  if (extra != nullptr) {
    emulator::unsupported("cuLaunchKernelEx with extra");
  }
  LaunchShape shape;
  CUresult result = readConfig(config, &shape);
  return result == CUDA_SUCCESS ? launch(function, shape, config->hStream, arguments) : result;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads,
                                                     std::size_t dynamicShared) {
  return withFunction(function, [=](CUctx_st&, const Function& own) {
    if (threads <= 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *blocks = static_cast<int>(
        emulator::residentBlocks(own, static_cast<unsigned>(threads), dynamicShared));
    return CUDA_SUCCESS;
  });
}

CUresult cuOccupancyMaxActiveClusters(int* clusters, CUfunction function,
                                      const CUlaunchConfig* config) {
  return withFunction(function, [=](CUctx_st&, const Function& own) {
    LaunchShape shape;
    CUresult result = readConfig(config, &shape);
    result = result == CUDA_SUCCESS ? emulator::checkLaunch(own, shape) : result;
    if (result == CUDA_SUCCESS) {
      *clusters = static_cast<int>(emulator::residentClusters(own, shape));
    }
    return result;
  });
}
}
