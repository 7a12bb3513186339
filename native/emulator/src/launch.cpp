// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <algorithm>
#include <cstring>

#include "config.h"
#include "limits.h"
#include "memory.h"
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

bool isWithinLimits(const LaunchShape& shape) {
  auto positive = [](dim3 d) { return d.x > 0 && d.y > 0 && d.z > 0; };
  std::uint64_t threads = std::uint64_t{shape.block.x} * shape.block.y * shape.block.z;
  std::uint64_t blocks = std::uint64_t{shape.grid.x} * shape.grid.y * shape.grid.z;
  return positive(shape.grid) && positive(shape.block) && threads <= maxThreadsPerBlock &&
         shape.block.z <= maxBlockZ && shape.grid.x <= maxGridX && shape.grid.y <= maxGridYZ &&
         shape.grid.z <= maxGridYZ && blocks <= 0xffffffffU;
}

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
  grid.dynamicShared = shape.dynamicShared;
  grid.order = config().order;
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

}  // namespace

unsigned residentBlocks(const Function& function, unsigned threads, std::size_t dynamicShared) {
  unsigned rounded = (threads + 31) / 32 * 32;
  std::size_t shared = function.staticShared + dynamicShared + reservedSharedPerBlock;
  auto byShared = static_cast<unsigned>(sharedPerMultiprocessor / shared);
  return std::min({maxBlocksPerMultiprocessor, maxThreadsPerMultiprocessor / rounded, byShared});
}

CUresult prepareLaunch(const Function& function, const LaunchShape& shape, void** arguments,
                       TaskPointer* result) {
  const Kernel& kernel = *function.kernel;
  unsigned threads = shape.block.x * shape.block.y * shape.block.z;
  if (!isWithinLimits(shape)) {
    return refuse(CUDA_ERROR_INVALID_VALUE, function, "its grid or block is too large or empty");
  }
  if (kernel.maxThreads != 0 && threads > kernel.maxThreads) {
    return refuse(
        CUDA_ERROR_INVALID_VALUE, function,
        format("%u threads a block, but __launch_bounds__(%u)", threads, kernel.maxThreads));
  }
  if (shape.dynamicShared > function.maxDynamicShared) {
    return refuse(CUDA_ERROR_INVALID_VALUE, function,
                  format("%zu bytes of dynamic shared memory, of which it may have %zu",
                         shape.dynamicShared, function.maxDynamicShared));
  }
  if (shape.cooperative) {
    std::uint64_t blocks = std::uint64_t{shape.grid.x} * shape.grid.y * shape.grid.z;
    std::uint64_t resident = std::uint64_t{residentBlocks(function, threads, shape.dynamicShared)} *
                             static_cast<unsigned>(config().multiprocessors);
    if (blocks > resident) {
      return refuse(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, function,
                    format("%lu blocks cannot run together, only %lu", blocks, resident));
    }
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
