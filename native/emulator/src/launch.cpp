// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <algorithm>
#include <cstring>

#include "config.h"
#include "limits.h"
#include "memory.h"
#include "moment.h"
#include "report.h"

namespace emulator {
namespace {

/** A launch's arguments, as values of its own. */
class Arguments {
 public:
  Arguments(const Kernel& kernel, void** values) {
    std::size_t words = 0;
    for (unsigned i = 0; i < kernel.argumentCount; i++) {
      words += wordsOf(kernel.argumentSizes[i]);
    }
    storage_.resize(words);
    std::size_t word = 0;
    for (unsigned i = 0; i < kernel.argumentCount; i++) {
      pointers_.push_back(&storage_[word]);
      std::memcpy(&storage_[word], values[i], kernel.argumentSizes[i]);
      word += wordsOf(kernel.argumentSizes[i]);
    }
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  void** pointers() { return pointers_.data(); }

 private:
  struct alignas(16) Word {
    char bytes[16];
  };

  static std::size_t wordsOf(std::size_t bytes) {
    return (bytes + sizeof(Word) - 1) / sizeof(Word);
  }

  std::vector<Word> storage_;
  std::vector<void*> pointers_;
};

unsigned count(dim3 d) { return d.x * d.y * d.z; }

CUresult refuse(CUresult result, const Function& function, const std::string& why) {
  report(format("launch of %s refused: ", function.kernel->name) + why);
  return result;
}

bool run(const Function& function, const LaunchShape& shape, void** arguments, Team& team,
         Failure* failure) {
  Grid grid;
  grid.kernel = function.kernel;
  grid.module = function.module;
  grid.arguments = arguments;
  grid.gridDim = shape.grid;
  grid.blockDim = shape.block;
  grid.clusterDim = shape.cluster;
  grid.dynamicShared = shape.dynamicShared;
  grid.programmatic = shape.programmatic;
  grid.order = config().order;
  Moment moment;
  if (!function.module->isChecked()) {
    Memory::instance().touchedUnseen();
  } else if (TaskScope::isOpen()) {
    moment = Moment::begin(
        Accessor(function.kernel->name, function.module->fileName(), shape.grid, shape.block),
        shape.programmatic);
    grid.moment = &moment;
  }
  if (!team.run(grid, shape.cooperative, failure)) {
    return false;
  }
  std::string damage = Memory::instance().damage();
  if (!damage.empty()) {
    *failure = {CUDA_ERROR_ILLEGAL_ADDRESS,
                format("kernel %s: has written ", function.kernel->name) + damage};
  }
  return damage.empty();
}

bool isPositive(dim3 d) { return d.x > 0 && d.y > 0 && d.z > 0; }

std::uint64_t wideCount(dim3 d) { return std::uint64_t{d.x} * d.y * d.z; }

CUresult checkGridAndBlock(const Function& function, const LaunchShape& shape) {
  const dim3 grid = shape.grid;
  if (!isPositive(grid) || !isPositive(shape.block) ||
      wideCount(shape.block) > maxThreadsPerBlock || shape.block.z > maxBlockZ ||
      grid.x > maxGridX || grid.y > maxGridYZ || grid.z > maxGridYZ ||
      wideCount(grid) > 0xffffffffU) {
    return refuse(CUDA_ERROR_INVALID_VALUE, function, "its grid or block is too large or empty");
  }
  const unsigned bound = function.kernel->maxThreads;
  if (bound != 0 && count(shape.block) > bound) {
    return refuse(
        CUDA_ERROR_INVALID_VALUE, function,
        format("%u threads a block, but __launch_bounds__(%u)", count(shape.block), bound));
  }
  return CUDA_SUCCESS;
}

CUresult checkResources(const Function& function, const LaunchShape& shape) {
  if (shape.dynamicShared > function.maxDynamicShared) {
    return refuse(CUDA_ERROR_INVALID_VALUE, function,
                  format("%zu bytes of dynamic shared memory, of which it may have %zu",
                         shape.dynamicShared, function.maxDynamicShared));
  }
  if (function.registers > 0 && blocksByRegisters(function.registers, count(shape.block)) == 0) {
    return refuse(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, function,
                  format("%u threads of %u registers, of which a block may have %u",
                         count(shape.block), function.registers, maxRegisters));
  }
  return CUDA_SUCCESS;
}

CUresult checkCluster(const Function& function, const LaunchShape& shape) {
  const Limits& device = limits();
  if (!device.hasClusters) {
    return refuse(CUDA_ERROR_NOT_SUPPORTED, function,
                  format("compute capability %d.%d has neither clusters nor programmatic launches",
                         config().capability / 10, config().capability % 10));
  }
  const dim3 cluster = shape.cluster;
  if (!isPositive(cluster) || shape.grid.x % cluster.x != 0 || shape.grid.y % cluster.y != 0 ||
      shape.grid.z % cluster.z != 0) {
    return refuse(
        CUDA_ERROR_INVALID_CLUSTER_SIZE, function,
        format("a grid of %u x %u x %u blocks is no number of clusters of %u x %u x %u",
               shape.grid.x, shape.grid.y, shape.grid.z, cluster.x, cluster.y, cluster.z));
  }
  const unsigned most = function.nonPortableClusters ? device.clusterSize : portableClusterSize;
  if (wideCount(cluster) > most) {
    return refuse(
        CUDA_ERROR_INVALID_CLUSTER_SIZE, function,
        format("clusters of %lu blocks, of which they may have %u", wideCount(cluster), most));
  }
  if (residentClusters(function, shape) == 0) {
    return refuse(CUDA_ERROR_INVALID_CLUSTER_SIZE, function,
                  "the device cannot hold one of its clusters");
  }
  return CUDA_SUCCESS;
}

}  // namespace

unsigned residentBlocks(const Function& function, unsigned threads, std::size_t dynamicShared) {
  const Limits& device = limits();
  const unsigned rounded = (threads + warpSize - 1) / warpSize * warpSize;
  const std::size_t shared = function.staticShared + dynamicShared + device.reservedSharedPerBlock;
  unsigned blocks =
      std::min(device.blocksPerMultiprocessor, device.threadsPerMultiprocessor / rounded);
  if (shared > 0) {
    blocks = std::min(blocks, static_cast<unsigned>(device.sharedPerMultiprocessor / shared));
  }
  if (function.registers > 0) {
    blocks = std::min(blocks, blocksByRegisters(function.registers, threads));
  }
  return blocks;
}

unsigned residentClusters(const Function& function, const LaunchShape& shape) {
  return residentBlocks(function, count(shape.block), shape.dynamicShared) *
         static_cast<unsigned>(config().multiprocessors) / count(shape.cluster);
}

CUresult checkLaunch(const Function& function, const LaunchShape& shape) {
  CUresult result = checkGridAndBlock(function, shape);
  result = result == CUDA_SUCCESS ? checkResources(function, shape) : result;
  if (result == CUDA_SUCCESS && (shape.hasCluster || shape.programmatic)) {
    result = checkCluster(function, shape);
  }
  if (result == CUDA_SUCCESS && shape.cooperative) {
    const std::uint64_t blocks = wideCount(shape.grid);
    const std::uint64_t resident = residentClusters(function, shape) * wideCount(shape.cluster);
    if (blocks > resident) {
      return refuse(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, function,
                    format("%lu blocks cannot run together, only %lu", blocks, resident));
    }
  }
  return result;
}

CUresult prepareLaunch(const Function& function, const LaunchShape& shape, void** arguments,
                       TaskPointer* result) {
  const Kernel& kernel = *function.kernel;
  if (CUresult refused = checkLaunch(function, shape); refused != CUDA_SUCCESS) {
    return refused;
  }
  if (arguments == nullptr && kernel.argumentCount > 0) {
    return refuse(CUDA_ERROR_INVALID_VALUE, function, "it has no arguments");
  }
  auto copy = std::make_shared<Arguments>(kernel, arguments);
  *result = task(CU_GRAPH_NODE_TYPE_KERNEL, [function, shape, copy](Team& team, Failure* failure) {
    return run(function, shape, copy->pointers(), team, failure);
  });
  return CUDA_SUCCESS;
}

}  // namespace emulator
