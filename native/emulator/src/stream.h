// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "capture.h"
#include "graph.h"
#include "health.h"
#include "work.h"

/** A stream: a thread that does its tasks in order. */
struct CUstream_st {
 public:
  using Completions = std::vector<std::shared_ptr<emulator::Completion>>;

  /** @param health where failures of tasks are told; once there is one, tasks are done no more */
  CUstream_st(emulator::Health& health, bool blocking);
  /** Waits for all tasks. */
  ~CUstream_st();
  CUstream_st(const CUstream_st&) = delete;
  CUstream_st& operator=(const CUstream_st&) = delete;

  /** Appends a task that also waits for others. */
  std::shared_ptr<emulator::Completion> enqueue(emulator::TaskPointer task, Completions after);
  /** The newest task's; null before the first. */
  std::shared_ptr<emulator::Completion> last();
  /** Whether it waits for the legacy stream and the legacy stream for it. */
  bool blocking() const { return blocking_; }

  // While it is captured: guarded by the context's mutex.
  std::shared_ptr<emulator::Capture> capture;
  std::vector<const emulator::Node*> front;

 private:
  struct Item {
    emulator::TaskPointer task;
    Completions after;
    std::shared_ptr<emulator::Completion> completion;
    /** What was over for the host when it was submitted. */
    emulator::TasksOver over;
  };

  void work();
  emulator::TasksOver perform(const Item& item);

  emulator::Health& health_;
  const bool blocking_;
  const unsigned number_ = emulator::newStream();
  /** What is over once the newest task that was done is. */
  emulator::TasksOver over_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> items_;
  std::shared_ptr<emulator::Completion> last_;
  bool ending_ = false;
  emulator::Team team_;
  std::thread worker_;
};
