// SPDX-License-Identifier: Apache-2.0
#include "interface.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "api.h"
#include "config.h"
#include "report.h"
#include "task_check.h"

using emulator::Failure;
using emulator::Memory;
using emulator::Team;

namespace {

std::atomic<std::size_t> cublasHandles{0};

}  // namespace

extern "C" {

CUresult cvaeEmulatorSubmit(CUstream stream, const CvaeEmulatorWork* work) {
  std::shared_ptr<void> data(work->data, work->release);
  auto run = work->run;
  return emulator::withStream(stream, [&](CUctx_st& context, CUstream_st& own) {
    return context.submit(
        own, emulator::task(CU_GRAPH_NODE_TYPE_KERNEL, [run, data](Team&, Failure* failure) {
          const char* wrong = run(data.get());
          if (wrong != nullptr) {
            *failure = {CUDA_ERROR_ILLEGAL_ADDRESS, wrong};
          }
          return wrong == nullptr;
        }));
  });
}

bool cvaeEmulatorMayTouch(const char* what, const void* address, std::size_t bytes) {
  if (bytes == 0 || Memory::instance().contains(address, bytes)) {
    return true;
  }
  emulator::report(emulator::format("%s: %zu bytes at %p, ", what, bytes, address) +
                   Memory::instance().describe(address) + ", are not all device memory");
  return false;
}

const char* cvaeEmulatorTouch(const char* what, const CvaeEmulatorColumns* columns, bool write) {
  static thread_local Failure failure;
  emulator::TaskCheck check(what);
  const auto* column = static_cast<const char*>(columns->first);
  for (std::size_t i = 0; i < columns->count; i++) {
    if (!check.look(column + i * columns->distance, columns->bytes, write, &failure)) {
      return failure.text.c_str();
    }
  }
  return nullptr;
}

int cvaeEmulatorConfigure(const char* name, const char* value) {
  return emulator::configure(name, value) ? 1 : 0;
}

std::size_t cvaeEmulatorReport(char* text, std::size_t capacity) {
  std::string report = emulator::lastReport();
  std::size_t length = std::min(report.size(), capacity - 1);
  std::memcpy(text, report.data(), length);
  text[length] = 0;
  return length;
}

CUresult cvaeEmulatorAttach() {
  return emulator::withContext("cublasCreate", [](CUctx_st&) {
    if (!emulator::attachRuntime()) {
      return CUDA_ERROR_INVALID_CONTEXT;
    }
    cublasHandles++;
    return CUDA_SUCCESS;
  });
}

void cvaeEmulatorDetach() { cublasHandles--; }

std::size_t cvaeEmulatorHeld() {
  CUctx_st* context = emulator::currentContext();
  return cublasHandles + (context == nullptr ? 0 : context->held());
}

void cvaeEmulatorUnsupported(const char* call) { emulator::unsupported(call); }
}
