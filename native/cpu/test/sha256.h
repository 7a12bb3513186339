// SPDX-License-Identifier: Apache-2.0
//
// SHA-256, as FIPS 180-4 has it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <string>

namespace check {

class Sha256 {
 public:
  void add(const void* bytes, size_t count) {
    const uint8_t* from = static_cast<const uint8_t*>(bytes);
    length_ += count;
    while (count > 0) {
      size_t taken = count < kBlock - filled_ ? count : kBlock - filled_;
      memcpy(block_ + filled_, from, taken);
      filled_ += taken;
      from += taken;
      count -= taken;
      if (filled_ == kBlock) {
        compress();
        filled_ = 0;
      }
    }
  }

  /** In hexadecimal digits; nothing can be added after it. */
  std::string digest() {
    uint64_t bits = length_ * 8;
    const uint8_t one = 0x80;
    const uint8_t zero = 0;
    add(&one, 1);
    while (filled_ != kBlock - 8) {
      add(&zero, 1);
    }
    for (int i = 7; i >= 0; i--) {
      uint8_t byte = uint8_t(bits >> (8 * i));
      add(&byte, 1);
    }
    std::string text;
    for (uint32_t word : state_) {
      for (int i = 7; i >= 0; i--) {
        text += "0123456789abcdef"[word >> (4 * i) & 15];
      }
    }
    return text;
  }

 private:
  static constexpr size_t kBlock = 64;

  static uint32_t turned(uint32_t word, int by) { return word >> by | word << (32 - by); }

  void compress() {
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
      const uint8_t* at = block_ + 4 * i;
      w[i] = uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
    }
    for (int i = 16; i < 64; i++) {
      uint32_t s0 = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
      uint32_t s1 = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t s[8];
    memcpy(s, state_, sizeof s);
    for (int i = 0; i < 64; i++) {
      uint32_t sum1 = turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25);
      uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
      uint32_t t1 = s[7] + sum1 + choice + kRound[i] + w[i];
      uint32_t sum0 = turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22);
      uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
      memmove(s + 1, s, 7 * sizeof *s);
      s[4] += t1;
      s[0] = t1 + sum0 + majority;
    }
    for (int i = 0; i < 8; i++) {
      state_[i] += s[i];
    }
  }

  static constexpr uint32_t kRound[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
      0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
      0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
      0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
      0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
      0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
      0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
      0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
      0xc67178f2};

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block_[kBlock] = {};
  size_t filled_ = 0;
  uint64_t length_ = 0;
};

}  // namespace check
