// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver_api.h"
#include "team.h"

namespace emulator {

/** Something that ends once. */
class Completion {
 public:
  void finish() {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }
  bool isDone() {
    std::lock_guard<std::mutex> lock(mutex_);
    return done_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

/** Work for a stream, which may be done many times when a graph holds it. */
struct Task {
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  /** @return whether all went well */
  std::function<bool(Team&, Failure*)> run;
};

using TaskPointer = std::shared_ptr<const Task>;

inline TaskPointer task(CUgraphNodeType type, std::function<bool(Team&, Failure*)> run) {
  return std::make_shared<const Task>(Task{type, std::move(run)});
}

}  // namespace emulator
