// SPDX-License-Identifier: Apache-2.0
#include "planted.h"

#include <cstdio>
#include <mutex>

#include "report.h"

namespace emulator {
namespace {

/** A countdown to a failure. */
struct Plant {
  std::string call;
  int left = 0;
  int code = CUDA_SUCCESS;

  /** Counts once more. @return the code if it is now, else CUDA_SUCCESS */
  CUresult count() { return left > 0 && --left == 0 ? static_cast<CUresult>(code) : CUDA_SUCCESS; }
};

std::mutex mutex;

Plant& failureOfCall() {
  static auto* plant = new Plant;
  return *plant;
}

Plant& loss() {
  static auto* plant = new Plant;
  return *plant;
}

bool set(Plant& plant, const std::string& call, const char* numbers) {
  Plant read;
  read.call = call;
  char rest = 0;
  bool good = std::sscanf(numbers, "%d:%d%c", &read.left, &read.code, &rest) == 2 && read.left > 0;
  if (good) {
    plant = read;
  }
  return good;
}

}  // namespace

bool plantFailure(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex);
  if (text.empty()) {
    failureOfCall() = {};
    return true;
  }
  auto colon = text.find(':');
  return colon != std::string::npos && colon > 0 &&
         set(failureOfCall(), text.substr(0, colon), text.c_str() + colon + 1);
}

bool plantLoss(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex);
  if (text.empty()) {
    loss() = {};
    return true;
  }
  return set(loss(), "", text.c_str());
}

CUresult plantedFailure(const char* call) {
  std::lock_guard<std::mutex> lock(mutex);
  return failureOfCall().call == call ? failureOfCall().count() : CUDA_SUCCESS;
}

bool runTask(const Task& task, Team& team, Failure* failure) {
  if (task.type == CU_GRAPH_NODE_TYPE_KERNEL) {
    std::lock_guard<std::mutex> lock(mutex);
    if (CUresult code = loss().count(); code != CUDA_SUCCESS) {
      *failure = {code, format("the device was lost, as planted: error %d", code)};
      return false;
    }
  }
  return task.run(team, failure);
}

}  // namespace emulator
