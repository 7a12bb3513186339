// SPDX-License-Identifier: Apache-2.0
// Makes kernels known to the emulator, with sizes and alignments of their arguments.
#pragma once

#include <tuple>
#include <utility>

#include "runtime.h"

namespace emulator {

template <auto function>
struct Caller;

template <typename... Arguments, void (*function)(Arguments...)>
struct Caller<function> {
  static constexpr std::size_t sizes[sizeof...(Arguments) + 1] = {sizeof(Arguments)..., 0};
  static constexpr std::size_t alignments[sizeof...(Arguments) + 1] = {alignof(Arguments)..., 1};
  static constexpr unsigned int count = sizeof...(Arguments);

  static void call(void** arguments) { call(arguments, std::index_sequence_for<Arguments...>()); }

 private:
  template <std::size_t... I>
  static void call([[maybe_unused]] void** arguments, std::index_sequence<I...>) {
    function(*static_cast<std::remove_reference_t<Arguments>*>(arguments[I])...);
  }
};

constexpr unsigned int firstBound() { return 0; }
template <typename... Rest>
constexpr unsigned int firstBound(unsigned int maxThreads, Rest...) {
  return maxThreads;
}

struct Registration {
  explicit Registration(const Kernel* kernel) { cvaeEmulatorRegister(kernel); }
};

}  // namespace emulator

#define CVAE_EMULATOR_KERNEL(NAME, ...)                                                   \
  static const emulator::Kernel cvaeKernel_##NAME = {#NAME,                               \
                                                     emulator::Caller<&NAME>::call,       \
                                                     emulator::Caller<&NAME>::sizes,      \
                                                     emulator::Caller<&NAME>::alignments, \
                                                     emulator::Caller<&NAME>::count,      \
                                                     emulator::firstBound(__VA_ARGS__)};  \
  static const emulator::Registration cvaeRegistration_##NAME(&cvaeKernel_##NAME);
