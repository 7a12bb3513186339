// SPDX-License-Identifier: Apache-2.0
#include "task_check.h"

#include "memory.h"

namespace emulator {

TaskCheck::TaskCheck(const std::string& name) {
  if (TaskScope::isOpen()) {
    moment_ = Moment::begin(Accessor(name));
  }
}

bool TaskCheck::look(const void* address, std::size_t bytes, bool write, Failure* failure) const {
  Allocation allocation;
  std::shared_ptr<Shadow> memory = Memory::instance().shadow();
  if (memory == nullptr || !moment_.has_value() || bytes == 0 ||
      !Memory::instance().find(address, &allocation) || allocation.kind == MemoryKind::module) {
    return true;
  }
  const Stamp mine{Stamp::author(moment_->number(), 0, 0), 1U << 24};
  Finding finding;
  bool good = checkAccess<true>(
      {address, bytes, write, false}, mine, false,
      [&](const char* word) { return memory->at(word); },
      [&](const Stamp& other) {
        return other.grid() == moment_->number() || moment_->isAfter(other.grid());
      },
      &finding);
  if (!good) {
    *failure = {errorOf(finding),
                author(finding) + ": " +
                    explain(finding, Memory::instance().describe(finding.access.address))};
  }
  return good;
}

}  // namespace emulator
