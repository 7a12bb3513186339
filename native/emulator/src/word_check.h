// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "shadow.h"

namespace emulator {

/** What is wrong with an access to a word. */
enum class Wrong { nothing, unwritten, beyond, race };

/** An access that races with the one that is made. */
struct Earlier {
  Stamp stamp;
  bool write;
};

/** Whether two accesses, not both reads, are a race unless one is over for the other. */
inline bool collide(const Stamp& a, const Stamp& b) {
  return !a.isNone() && (a.bytes() & b.bytes()) != 0 && !(a.isAtomic() && b.isAtomic());
}

/**
 * Remembers a read. Of readers that are not in order with each other two are kept, of different blocks or else of
 * different warps if they can be: whoever writes may be in order with one of them.
 */
template <typename IsOver>
void remember(Cell& cell, const Stamp& mine, IsOver isOver) {
  if (cell.reads[0].isLike(mine) || cell.reads[1].isLike(mine)) {
    return;
  }
  for (Stamp& kept : cell.reads) {
    if (kept.sameAuthor(mine) && kept.clock() == mine.clock() &&
        kept.isAtomic() == mine.isAtomic()) {
      kept = {kept.who | mine.who, mine.when};
      return;
    }
  }
  for (Stamp& kept : cell.reads) {
    if (kept.isNone() ||
        ((kept.bytes() & ~mine.bytes()) == 0 && !mine.isAtomic() && isOver(kept))) {
      kept = mine;
      return;
    }
  }
  auto alike = [](const Stamp& a, const Stamp& b) {
    return a.sameBlock(b) ? (a.warp() == b.warp() ? 2 : 1) : 0;
  };
  if (alike(cell.reads[0], mine) < alike(cell.reads[0], cell.reads[1])) {
    cell.reads[1] = mine;
  }
}

/**
 * Looks at an access to a word before it is made, and remembers it.
 *
 * @tparam LOCKED whether other threads of the operating system may be at the word
 * @param mine who makes it, with the bytes of the word that it touches
 * @param isOver (const Stamp&): whether an earlier access is over for who makes this one
 */
template <bool LOCKED, typename IsOver>
Wrong checkWord(ShadowView word, const Stamp& mine, bool write, bool demandWritten, IsOver isOver,
                Earlier* earlier) {
  std::uint8_t tag = __atomic_load_n(word.tags, __ATOMIC_RELAXED);
  const unsigned allowed = (1U << (tag & ShadowView::bytesMask)) - 1;
  if ((mine.bytes() & ~allowed) != 0) {
    return Wrong::beyond;
  }
  Wrong wrong = Wrong::nothing;
  if ((tag & ShadowView::written) == 0) {
    if (write) {
      __atomic_fetch_or(word.tags, ShadowView::written, __ATOMIC_RELAXED);
    } else if (demandWritten) {
      wrong = Wrong::unwritten;
    }
  }
  Cell& cell = *word.cells;
  std::conditional_t<LOCKED, Cell::Lock, Cell::NoLock> lock(cell);
  if (collide(cell.write, mine) && !isOver(cell.write)) {
    *earlier = {cell.write, true};
    return Wrong::race;
  }
  if (!write) {
    remember(cell, mine, isOver);
    return wrong;
  }
  for (Stamp& read : cell.reads) {
    if (collide(read, mine) && !isOver(read)) {
      *earlier = {read, false};
      return Wrong::race;
    }
    if ((read.bytes() & ~mine.bytes()) == 0) {
      read = {};
    }
  }
  std::uint64_t who = mine.who | (LOCKED ? Stamp::lockBit : 0);
  if (cell.write.sameAuthor(mine) && cell.write.isAtomic() == mine.isAtomic()) {
    who |= cell.write.who;
  }
  cell.write = {who, mine.when};
  return Wrong::nothing;
}

}  // namespace emulator
