// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "access.h"
#include "block.h"
#include "moment.h"

namespace emulator {

/** Looks at what a task that is no kernel does to memory, if there are checked kernels: a copy, a product. */
class TaskCheck {
 public:
  /** @param name what it is in reports */
  explicit TaskCheck(const std::string& name);

  /** @return whether all is well; memory that is none of the device's is */
  bool look(const void* address, std::size_t bytes, bool write, Failure* failure) const;

 private:
  std::optional<Moment> moment_;
};

}  // namespace emulator
