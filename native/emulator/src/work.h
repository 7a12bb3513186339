// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver_api.h"
#include "moment.h"
#include "team.h"

namespace emulator {

/** Something that ends once. */
class Completion {
 public:
  /** @param over what is over then */
  void finish(TasksOver over) {
    std::lock_guard<std::mutex> lock(mutex_);
    over_ = std::move(over);
    done_ = true;
    changed_.notify_all();
  }
  /** For the host, which then knows what is over; so with isDone. */
  void wait() { hostLearns(waitFor()); }
  bool isDone() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (done_) {
      hostLearns(over_);
    }
    return done_;
  }
  /** For another stream. @return what is over then */
  TasksOver waitFor() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    return over_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  TasksOver over_;
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
