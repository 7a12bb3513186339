// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <unistd.h>

#include <optional>

#include "config.h"
#include "fault.h"
#include "memory.h"
#include "planted.h"

using emulator::Completion;
using emulator::Failure;
using emulator::join;
using emulator::TaskPointer;
using emulator::TasksOver;

CUstream_st::CUstream_st(emulator::Health& health, bool blocking)
    : health_(health), blocking_(blocking), worker_(&CUstream_st::work, this) {}

CUstream_st::~CUstream_st() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  worker_.join();
  emulator::hostLearns(over_);
}

std::shared_ptr<Completion> CUstream_st::enqueue(TaskPointer task, Completions after) {
  auto completion = std::make_shared<Completion>();
  std::lock_guard<std::mutex> lock(mutex_);
  items_.push_back({std::move(task), std::move(after), completion, emulator::overForHost()});
  last_ = completion;
  wake_.notify_all();
  return completion;
}

std::shared_ptr<Completion> CUstream_st::last() {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

void CUstream_st::work() {
  emulator::prepareKernelThread();
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !items_.empty(); });
    if (items_.empty()) {
      return;
    }
    Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    over_ = perform(item);
    item.completion->finish(over_);
    lock.lock();
  }
}

TasksOver CUstream_st::perform(const Item& item) {
  TasksOver known = item.over;
  for (const auto& before : item.after) {
    join(known, before->waitFor());
  }
  TasksOver over = over_;
  join(over, known);
  if (health_.failure() == CUDA_SUCCESS) {
    if (emulator::config().delayMicroseconds > 0) {
      usleep(static_cast<useconds_t>(emulator::config().delayMicroseconds));
    }
    Failure failure;
    emulator::Memory::instance().enter();
    std::optional<emulator::TaskScope> scope;
    if (emulator::Memory::instance().shadow() != nullptr) {
      scope.emplace(number_, over, emulator::count(known, number_));
    }
    bool good = emulator::runTask(*item.task, team_, &failure);
    emulator::Memory::instance().leave();
    if (!good) {
      health_.fail(failure);
    }
    if (scope.has_value()) {
      return scope->after();
    }
  }
  return over;
}
