// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace emulator {
namespace {

std::mutex& lock() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

std::string& last() {
  static auto* text = new std::string;
  return *text;
}

// Said when the library is loaded, whoever loads it: nobody must take its times for a GPU's.
__attribute__((constructor)) void announce() {
  std::fputs("cvae-gpu: this is a software emulator, not a GPU (libcuda.so.1 of native/emulator)\n",
             stderr);
}

}  // namespace

void report(const std::string& text) {
  std::lock_guard<std::mutex> guard(lock());
  last() = text;
  std::fprintf(stderr, "cvae-gpu emulator: %s\n", text.c_str());
}

std::string lastReport() {
  std::lock_guard<std::mutex> guard(lock());
  return last();
}

std::string format(const char* pattern, ...) {
  char buffer[2048];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(buffer, sizeof buffer, pattern, arguments);
  va_end(arguments);
  return buffer;
}

void unsupported(const char* call) {
  std::fprintf(stderr, "cvae-gpu emulator: %s is not supported\n", call);
  std::abort();
}

}  // namespace emulator
