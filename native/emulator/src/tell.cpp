// SPDX-License-Identifier: Apache-2.0
// What kernels call that were compiled with -fsanitize=thread: each access to memory tells of itself before it is
// made. The compiler's own library of these functions is not linked; it knows threads of the operating system, not
// blocks, warps and launches.
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "block_check.h"
#include "module.h"

using emulator::BlockCheck;
using emulator::Knowledge;

namespace {

#define CVAE_HERE __builtin_return_address(0)

/** Looks at an access; the time limit's signal waits meanwhile. */
inline void look(const volatile void* address, std::size_t bytes, bool write, bool atomic,
                 const void* place) {
  if (BlockCheck* check = BlockCheck::running(); check != nullptr) {
    BlockCheck::Pause pause(*check);
    check->look({const_cast<const void*>(address), bytes, write, atomic}, place);
  }
}

/** What is known to whoever reads a word that atomic accesses write. */
class Words {
 public:
  static Words& all() {
    static auto* words = new Words;
    return *words;
  }

  /** @param joins what was known there stays so: the access reads the word, too */
  void put(const volatile void* address, std::uint32_t grid, const Knowledge& knowledge,
           bool joins) {
    std::lock_guard<std::mutex> guard(mutex_);
    Word& word = words_[address];
    if (word.grid != grid || !joins) {
      word = {grid, {}};
    }
    word.knowledge.join(knowledge);
  }

  Knowledge at(const volatile void* address, std::uint32_t grid) {
    std::lock_guard<std::mutex> guard(mutex_);
    auto found = words_.find(address);
    return found == words_.end() || found->second.grid != grid ? Knowledge()
                                                               : found->second.knowledge;
  }

 private:
  struct Word {
    std::uint32_t grid = 0;
    Knowledge knowledge;
  };

  std::mutex mutex_;
  std::unordered_map<const volatile void*, Word> words_;
};

bool releases(int order) { return order >= __ATOMIC_RELEASE; }

bool acquires(int order) { return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE; }

/** Before an atomic access that writes. */
void publish(const volatile void* address, int order, bool reads) {
  if (BlockCheck* check = BlockCheck::running(); check != nullptr) {
    BlockCheck::Pause pause(*check);
    auto& clock = check->clock();
    Words::all().put(
        address, check->grid(),
        releases(order) ? clock.release(check->thread()) : clock.fenced(check->thread()), reads);
  }
}

/** After an atomic access that reads. */
void collect(const volatile void* address, int order) {
  if (BlockCheck* check = BlockCheck::running(); check != nullptr) {
    BlockCheck::Pause pause(*check);
    Knowledge knowledge = Words::all().at(address, check->grid());
    if (acquires(order)) {
      check->clock().acquire(check->thread(), knowledge);
    } else {
      check->clock().found(check->thread(), knowledge);
    }
  }
}

}  // namespace

extern "C" {

/** Called while a module is being loaded: it is a checked one. */
void __tsan_init() { emulator::Module::loadingIsChecked(); }

#define CVAE_TELL(NAME, BYTES, WRITE, ATOMIC) \
  void __tsan_##NAME(void* address) { look(address, BYTES, WRITE, ATOMIC, CVAE_HERE); }

#define CVAE_TELL_SIZES(PREFIX, NAME, WRITE, ATOMIC) \
  CVAE_TELL(PREFIX##NAME##2, 2, WRITE, ATOMIC)       \
  CVAE_TELL(PREFIX##NAME##4, 4, WRITE, ATOMIC)       \
  CVAE_TELL(PREFIX##NAME##8, 8, WRITE, ATOMIC)       \
  CVAE_TELL(PREFIX##NAME##16, 16, WRITE, ATOMIC)

CVAE_TELL(read1, 1, false, false)
CVAE_TELL(write1, 1, true, false)
CVAE_TELL_SIZES(, read, false, false)
CVAE_TELL_SIZES(, write, true, false)
CVAE_TELL_SIZES(unaligned_, read, false, false)
CVAE_TELL_SIZES(unaligned_, write, true, false)
// Volatile accesses are not taken apart or left out, as atomic ones without an order are not.
CVAE_TELL(volatile_read1, 1, false, true)
CVAE_TELL(volatile_write1, 1, true, true)
CVAE_TELL_SIZES(volatile_, read, false, true)
CVAE_TELL_SIZES(volatile_, write, true, true)
CVAE_TELL_SIZES(unaligned_volatile_, read, false, true)
CVAE_TELL_SIZES(unaligned_volatile_, write, true, true)

void __tsan_read_range(void* address, std::size_t bytes) {
  look(address, bytes, false, false, CVAE_HERE);
}

void __tsan_write_range(void* address, std::size_t bytes) {
  look(address, bytes, true, false, CVAE_HERE);
}

void __tsan_atomic_thread_fence(int) {
  if (BlockCheck* check = BlockCheck::running(); check != nullptr) {
    BlockCheck::Pause pause(*check);
    check->clock().fence(check->thread());
  }
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define CVAE_READ_AND_WRITE(BITS, NAME)                                                    \
  std::uint##BITS##_t __tsan_atomic##BITS##_##NAME(volatile std::uint##BITS##_t* address,  \
                                                   std::uint##BITS##_t value, int order) { \
    look(address, BITS / 8, true, true, CVAE_HERE);                                        \
    publish(address, order, true);                                                         \
    std::uint##BITS##_t old = CVAE_ATOMIC_##NAME(address, value, __ATOMIC_SEQ_CST);        \
    collect(address, order);                                                               \
    return old;                                                                            \
  }

#define CVAE_ATOMIC_exchange __atomic_exchange_n
#define CVAE_ATOMIC_fetch_add __atomic_fetch_add
#define CVAE_ATOMIC_fetch_sub __atomic_fetch_sub
#define CVAE_ATOMIC_fetch_and __atomic_fetch_and
#define CVAE_ATOMIC_fetch_or __atomic_fetch_or
#define CVAE_ATOMIC_fetch_xor __atomic_fetch_xor

#define CVAE_ATOMICS(BITS)                                                                        \
  std::uint##BITS##_t __tsan_atomic##BITS##_load(const volatile std::uint##BITS##_t* address,     \
                                                 int order) {                                     \
    look(address, BITS / 8, false, true, CVAE_HERE);                                              \
    std::uint##BITS##_t value = __atomic_load_n(address, __ATOMIC_SEQ_CST);                       \
    collect(address, order);                                                                      \
    return value;                                                                                 \
  }                                                                                               \
  void __tsan_atomic##BITS##_store(volatile std::uint##BITS##_t* address,                         \
                                   std::uint##BITS##_t value, int order) {                        \
    look(address, BITS / 8, true, true, CVAE_HERE);                                               \
    publish(address, order, false);                                                               \
    __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                           \
  }                                                                                               \
  bool __tsan_atomic##BITS##_compare_exchange_strong(volatile std::uint##BITS##_t* address,       \
                                                     std::uint##BITS##_t* expected,               \
                                                     std::uint##BITS##_t value, int order, int) { \
    look(address, BITS / 8, true, true, CVAE_HERE);                                               \
    publish(address, order, true);                                                                \
    bool exchanged = __atomic_compare_exchange_n(address, expected, value, false,                 \
                                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);             \
    collect(address, order);                                                                      \
    return exchanged;                                                                             \
  }                                                                                               \
  CVAE_READ_AND_WRITE(BITS, exchange)                                                             \
  CVAE_READ_AND_WRITE(BITS, fetch_add)                                                            \
  CVAE_READ_AND_WRITE(BITS, fetch_sub)                                                            \
  CVAE_READ_AND_WRITE(BITS, fetch_and)                                                            \
  CVAE_READ_AND_WRITE(BITS, fetch_or)                                                             \
  CVAE_READ_AND_WRITE(BITS, fetch_xor)

CVAE_ATOMICS(32)
CVAE_ATOMICS(64)
}
