// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "word_check.h"

namespace emulator {

/** What a kernel, or a copy, does to memory at one go. */
struct Access {
  const void* address;
  std::size_t bytes;
  bool write;
  bool atomic;
};

/** What is wrong with one, and where. */
struct Finding {
  Wrong wrong;
  Access access;
  /** Who makes it; its place is where. */
  Stamp mine;
  Earlier earlier;
};

/**
 * Looks at each word of an access.
 *
 * @param shadowAt (const char*): the shadow of the word at an address that is a multiple of 4
 * @return whether all is well; if not, no word was looked at after the one of the finding
 */
template <bool LOCKED, typename ShadowAt, typename IsOver>
__attribute__((always_inline)) inline bool checkAccess(const Access& access, Stamp mine,
                                                       bool demandWritten, ShadowAt shadowAt,
                                                       IsOver isOver, Finding* finding) {
  auto at = reinterpret_cast<std::uintptr_t>(access.address);
  const std::uintptr_t end = at + access.bytes;
  const std::uint64_t who = mine.who | (access.atomic ? Stamp::atomicBit : 0);
  while (at < end) {
    const std::uintptr_t word = at & ~std::uintptr_t{3};
    const std::uintptr_t next = word + 4 < end ? word + 4 : end;
    const std::uint64_t bytes = ((1U << (next - at)) - 1) << (at - word);
    mine.who = who | bytes << Stamp::bytesShift;
    Earlier earlier{};
    Wrong wrong = checkWord<LOCKED>(shadowAt(reinterpret_cast<const char*>(word)), mine,
                                    access.write, demandWritten, isOver, &earlier);
    if (wrong != Wrong::nothing) {
      Access rest = access;
      rest.address = reinterpret_cast<const void*>(at);
      *finding = {wrong, rest, mine, earlier};
      return false;
    }
    at = next;
  }
  return true;
}

/** CUDA's error for a finding. */
int errorOf(const Finding& finding);

/** Who made an access that is wrong. */
std::string author(const Finding& finding);

/**
 * A finding in words, without who made the access.
 *
 * @param where the memory: in which allocation, or which variable
 */
std::string explain(const Finding& finding, const std::string& where);

}  // namespace emulator
