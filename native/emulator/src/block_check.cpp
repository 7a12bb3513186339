// SPDX-License-Identifier: Apache-2.0
#include "block_check.h"

#include "block.h"
#include "cluster.h"
#include "memory.h"
#include "module.h"
#include "moment.h"
#include "report.h"

namespace emulator {
namespace {

std::uint32_t number(uint3 block, dim3 grid) {
  return block.x + grid.x * (block.y + grid.y * block.z);
}

}  // namespace

bool Grid::holdsArgument(const void* address) const {
  const auto* byte = static_cast<const char*>(address);
  bool holds = address >= arguments && address < arguments + kernel->argumentCount;
  for (unsigned i = 0; i < kernel->argumentCount; i++) {
    const auto* start = static_cast<const char*>(arguments[i]);
    holds = holds || (byte >= start && byte < start + kernel->argumentSizes[i]);
  }
  return holds;
}

__thread BlockCheck* BlockCheck::running_ = nullptr;

void BlockCheck::begin(const Grid& grid, uint3 blockIdx, Seat seat) {
  const std::uint32_t block = number(blockIdx, grid.gridDim);
  of_ = &grid;
  cluster_ = seat.cluster;
  blockIdx_ = blockIdx;
  grid_ = grid.moment->number();
  author_ = Stamp::author(grid_, block, 0);
  memory_ = Memory::instance().shadow();
  demandWritten_ = Memory::instance().knowsWrites();
  clock_.begin(block, grid.blockDim.x * grid.blockDim.y * grid.blockDim.z);
  forgetShared();
  use(*grid.module);
  prepareShared();
  running_ = this;
}

std::string BlockCheck::end() {
  if (running_ == nullptr) {
    return "";
  }
  running_ = nullptr;
  std::string wrong;
  if (unwritten_.has_value()) {
    wrong = author(*unwritten_) + ": " + explain(*unwritten_, describe(unwritten_->access.address));
    unwritten_.reset();
  }
  return wrong;
}

void BlockCheck::use(const Module& module) {
  const auto base = reinterpret_cast<std::uintptr_t>(module.sharedOfThread());
  if (module_ == &module && sharedBase_ == base && sharedBytes_ == module.sharedBytes()) {
    return;
  }
  module_ = &module;
  code_ = reinterpret_cast<std::uintptr_t>(module.base());
  sharedBase_ = base;
  sharedBytes_ = module.sharedBytes();
  const std::uintptr_t start = base / Shadow::chunkBytes * Shadow::chunkBytes;
  shared_ =
      std::make_unique<Shadow>(reinterpret_cast<const void*>(start), base + sharedBytes_ - start);
}

/** Not when a block has ended: one that failed may have others beside it that still run. */
void BlockCheck::forgetShared() {
  for (const SharedVariable& variable : variables_) {
    shared_->forbid(variable.address, variable.bytes);
  }
}

void BlockCheck::prepareShared() {
  variables_ = module_->sharedOf(*of_->kernel, of_->dynamicShared);
  for (const SharedVariable& variable : variables_) {
    shared_->allow(variable.address, variable.bytes, false);
  }
}

BlockCheck* BlockCheck::ownerOf(const void* address) {
  if (shares(address)) {
    return this;
  }
  for (unsigned rank = 0; rank < cluster_->size(); rank++) {
    BlockCheck* other = cluster_->check(rank);
    if (other != nullptr && other->shares(address)) {
      return other;
    }
  }
  return nullptr;
}

/** Whether an earlier access is over for the thread that runs. */
inline bool BlockCheck::isOver(const Stamp& other) const {
  if (other.grid() == grid_) {
    return clock_.isOver(other, thread_);
  }
  return of_->moment->isAfter(other.grid()) && (!of_->moment->isAwaited(other.grid()) ||
                                                BlockRunner::running()->fiber()->sawPreviousGrid);
}

void BlockCheck::look(const Access& access, const void* place) {
  const std::uint64_t author = author_ | std::uint64_t{thread_} << Stamp::threadShift;
  const std::uint64_t at = reinterpret_cast<std::uintptr_t>(place) - code_;
  const Stamp mine{author, clock_.now(thread_) << 24 | (at & Stamp::maxPlace)};
  auto isOver = [this](const Stamp& other) { return this->isOver(other); };
  Finding finding;
  bool good;
  if (BlockCheck* owner = ownerOf(access.address); owner != nullptr) {
    auto shadowAt = [owner](const char* word) { return owner->shared_->at(word); };
    good = cluster_->size() == 1
               ? checkAccess<false>(access, mine, true, shadowAt, isOver, &finding)
               : checkAccess<true>(access, mine, true, shadowAt, isOver, &finding);
  } else if (Shadow& memory = *memory_; memory.covers(access.address)) {
    auto shadowAt = [&](const char* word) { return memory.at(word); };
    good = checkAccess<true>(access, mine, demandWritten_, shadowAt, isOver, &finding);
  } else if (BlockRunner::running()->fiber()->owns(access.address)) {
    return;
  } else if (Shadow& variables = *module_->variables(); variables.covers(access.address)) {
    auto shadowAt = [&](const char* word) { return variables.at(word); };
    good = checkAccess<true>(access, mine, false, shadowAt, isOver, &finding);
  } else {
    good = module_->holds(access.address) || of_->holdsArgument(access.address);
    finding = {Wrong::beyond, access, mine, {}};
  }
  if (good) {
    return;
  }
  if (finding.wrong != Wrong::unwritten) {
    fail(finding);
  }
  if (!unwritten_.has_value()) {
    unwritten_ = finding;
  }
}

void BlockCheck::fail(const Finding& finding) {
  BlockRunner::running()->fail(errorOf(finding),
                               explain(finding, describe(finding.access.address)));
}

std::string BlockCheck::describe(const void* address) {
  if (const BlockCheck* owner = ownerOf(address); owner != nullptr) {
    const uint3 b = owner->blockIdx_;
    return owner->describeShared(address) +
           (owner == this ? "" : format(" of block (%u,%u,%u)", b.x, b.y, b.z));
  }
  return Memory::instance().owns(address) ? Memory::instance().describe(address)
                                          : "which is none of the device's memory";
}

std::string BlockCheck::describeShared(const void* address) const {
  const auto* byte = static_cast<const char*>(address);
  std::string nearest = "shared memory that the kernel does not have";
  std::ptrdiff_t least = PTRDIFF_MAX;
  for (const SharedVariable& variable : variables_) {
    const auto bytes = static_cast<std::ptrdiff_t>(variable.bytes);
    const std::ptrdiff_t offset = byte - variable.address;
    const std::ptrdiff_t distance = offset < 0 ? -offset : offset < bytes ? 0 : offset - bytes + 1;
    if (distance < least) {
      least = distance;
      nearest = offset < 0        ? format("%td bytes before the start of ", -offset)
                : offset >= bytes ? format("%td bytes after the end of ", offset - bytes)
                                  : format("byte %td of ", offset);
      nearest += variable.name + format(" (%zu bytes of shared memory)", variable.bytes);
    }
  }
  return nearest;
}

}  // namespace emulator
