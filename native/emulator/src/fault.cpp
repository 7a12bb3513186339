// SPDX-License-Identifier: Apache-2.0
#include "fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "block.h"
#include "memory.h"

namespace emulator {
namespace {

constexpr std::size_t signalStackBytes = std::size_t{64} << 10;

struct sigaction previousSegv;
struct sigaction previousBus;

int interruptSignal() { return SIGRTMIN + 7; }

/** Has the interrupted thread go on in BlockRunner::landing, on its fiber's stack from the top. */
void land(BlockRunner* runner, ucontext_t* context) {
  auto stack = reinterpret_cast<greg_t>(runner->fiber()->top());
  // As after a call: 8 bytes off a multiple of 16.
  context->uc_mcontext.gregs[REG_RSP] = stack - 24;
  context->uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(&BlockRunner::landing);
}

/** The process's handler before this one: a JVM's own, most of the time. */
void passOn(int signal, siginfo_t* info, void* context) {
  struct sigaction& previous = signal == SIGSEGV ? previousSegv : previousBus;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    sigaction(signal, &previous, nullptr);
  }
}

void tellOfHostAccess(const void* address) {
  char text[160];
  int length = std::snprintf(text, sizeof text,
                             "cvae-gpu emulator: host code touched %p, which is device memory or "
                             "beside pinned memory\n",
                             address);
  // Nothing that locks: the thread may hold any lock.
  if (length > 0) {
    [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text, static_cast<std::size_t>(length));
  }
}

void onFault(int signal, siginfo_t* info, void* rawContext) {
  auto* context = static_cast<ucontext_t*>(rawContext);
  BlockRunner* runner = BlockRunner::running();
  if (runner != nullptr && runner->inKernel()) {
    constexpr greg_t writeBit = 2;
    // Not a page fault but one of "general protection", which a misaligned vector access raises.
    bool misaligned = info->si_code == SI_KERNEL;
    runner->recordFault(info->si_addr, (context->uc_mcontext.gregs[REG_ERR] & writeBit) != 0,
                        misaligned,
                        reinterpret_cast<const void*>(context->uc_mcontext.gregs[REG_RIP]));
    land(runner, context);
    return;
  }
  if (Memory::instance().owns(info->si_addr)) {
    tellOfHostAccess(info->si_addr);
  }
  passOn(signal, info, rawContext);
}

void onInterrupt(int, siginfo_t*, void* context) {
  BlockRunner* runner = BlockRunner::running();
  if (runner != nullptr && runner->inKernel()) {
    runner->recordInterrupt();
    land(runner, static_cast<ucontext_t*>(context));
  }
}

void install(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction* previous) {
  struct sigaction action{};
  sigaction(signal, nullptr, &action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(signal, &action, previous);
}

/** A thread's stack for signals, for as long as the thread lives. */
struct SignalStack {
  void* memory = nullptr;

  void use() {
    if (memory != nullptr) {
      return;
    }
    memory =
        mmap(nullptr, signalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = signalStackBytes;
    sigaltstack(&stack, nullptr);
  }

  ~SignalStack() {
    if (memory != nullptr) {
      stack_t off{};
      off.ss_flags = SS_DISABLE;
      sigaltstack(&off, nullptr);
      munmap(memory, signalStackBytes);
    }
  }
};

}  // namespace

void handleFaults() {
  static std::once_flag once;
  std::call_once(once, [] {
    Memory::instance();
    install(SIGSEGV, onFault, &previousSegv);
    install(SIGBUS, onFault, &previousBus);
    install(interruptSignal(), onInterrupt, nullptr);
  });
}

void prepareKernelThread() {
  thread_local SignalStack stack;
  stack.use();
  sigset_t blocked;
  sigfillset(&blocked);
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, interruptSignal()}) {
    sigdelset(&blocked, signal);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

void interrupt(pthread_t thread) { pthread_kill(thread, interruptSignal()); }

}  // namespace emulator
