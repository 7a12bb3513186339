// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <unistd.h>

#include "config.h"
#include "fault.h"
#include "memory.h"
#include "planted.h"

using emulator::Completion;
using emulator::Failure;
using emulator::TaskPointer;

CUstream_st::CUstream_st(emulator::Health& health, bool blocking)
    : health_(health), blocking_(blocking), worker_(&CUstream_st::work, this) {}

CUstream_st::~CUstream_st() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  worker_.join();
}

std::shared_ptr<Completion> CUstream_st::enqueue(TaskPointer task, Completions after) {
  auto completion = std::make_shared<Completion>();
  std::lock_guard<std::mutex> lock(mutex_);
  items_.push_back({std::move(task), std::move(after), completion});
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
    perform(item);
    lock.lock();
  }
}

void CUstream_st::perform(const Item& item) {
  for (const auto& before : item.after) {
    before->wait();
  }
  if (health_.failure() == CUDA_SUCCESS) {
    if (emulator::config().delayMicroseconds > 0) {
      usleep(static_cast<useconds_t>(emulator::config().delayMicroseconds));
    }
    Failure failure;
    emulator::Memory::instance().enter();
    bool good = emulator::runTask(*item.task, team_, &failure);
    emulator::Memory::instance().leave();
    if (!good) {
      health_.fail(failure);
    }
  }
  item.completion->finish();
}
