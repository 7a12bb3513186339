// SPDX-License-Identifier: Apache-2.0
//
// What the checks of native/cpu share: an end with a sentence, and numbers by a seed.
#pragma once

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>

namespace check {

/** Half a unit in the last place of 1. */
constexpr double kRounding = 0x1p-24;

/** What is being checked, for the sentence. */
inline std::string& subject() {
  static std::string text;
  return text;
}

[[noreturn]] __attribute__((format(printf, 1, 2))) inline void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "FAILED: %s: ", subject().c_str());
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

/** Numbers of a seed, the same on all machines: SplitMix64 (G. Steele et al., OOPSLA 2014). */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  int between(int least, int most) { return least + int(bits() % uint64_t(most - least + 1)); }

  /** A float from -limit to limit, without rounding but that of one product. */
  float around_zero(float limit) {
    return float(int32_t(bits() >> 39) - (1 << 24)) * 0x1p-24f * limit;
  }

  bool chance(double of) { return double(bits() >> 11) * 0x1p-53 < of; }

 private:
  uint64_t state_;
};

}  // namespace check
