// SPDX-License-Identifier: Apache-2.0
//
// libcublas.so.12 for machines that have only libcublas.so.13: JCublas2 12.6.0 asks for the former's file
// name and symbol versions, and what it calls is the same in both. Who loads this tells it where the real
// functions are:
//
//   for each name that cvae_bridge_name gives:  cvae_bridge_forward(name, its address in libcublas.so.13)
//
// It loads nothing itself and needs nothing but the C library's oldest symbols, so that a copy built on one
// machine works on another, with an older glibc.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char* text) {
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written;
}

_Noreturn static void end(const char* function, const char* why) {
  say("cvae-gpu: ");
  say(function);
  say(why);
  abort();
}

/** For the functions that are not forwarded: see emulator/stubs.sh. */
_Noreturn void cvae_bridge_unsupported(const char* function) {
  end(function, " is not forwarded to libcublas.so.13 (native/cublas-bridge)\n");
}

// A jump leaves every argument where it is, whatever the function's type.
#define FORWARD(NAME)                                                                    \
  _Noreturn static void unset_##NAME(void) {                                             \
    end(#NAME, " was called before the bridge to libcublas.so.13 was set up\n");         \
  }                                                                                      \
  __attribute__((used, visibility("hidden"))) void* target_##NAME = (void*)unset_##NAME; \
  __asm__(".text\n.p2align 4\n.globl " #NAME "\n.type " #NAME ",@function\n" #NAME       \
          ":\n  endbr64\n  jmp *target_" #NAME "(%rip)\n.size " #NAME ", .-" #NAME "\n");
#include "forwarded.h"
#undef FORWARD

static const struct {
  const char* name;
  void** target;
} functions[] = {
#define FORWARD(NAME) {#NAME, &target_##NAME},
#include "forwarded.h"
#undef FORWARD
};

static const size_t count = sizeof functions / sizeof functions[0];

/** The name of a forwarded function; null past the last. */
const char* cvae_bridge_name(size_t index) { return index < count ? functions[index].name : NULL; }

/**
 * Sets where a function's calls go.
 *
 * Returns 1, or 0 if no such function is forwarded.
 */
int cvae_bridge_forward(const char* name, void* target) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(functions[i].name, name) == 0) {
      *functions[i].target = target;
      return 1;
    }
  }
  return 0;
}
