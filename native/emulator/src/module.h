// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../device/runtime.h"
#include "shadow.h"

namespace emulator {

/** Shared memory of the block that a thread runs. */
struct SharedVariable {
  char* address;
  std::size_t bytes;
  std::string name;
};

/** A kernel of a module, with what was set for it. */
struct Function {
  const Kernel* kernel = nullptr;
  const class Module* module = nullptr;
  std::size_t staticShared = 0;
  std::size_t maxDynamicShared = 0;
  /** Of a thread, by ptxas; 0 if the module does not say. */
  unsigned registers = 0;
  bool nonPortableClusters = false;
};

/**
 * Compiled kernels, loaded. A module's image is a shared object made by native/Makefile, as a real
 * device's is a fat binary.
 */
class Module {
 public:
  /** @return null if the bytes are no such shared object; a report says why */
  static std::unique_ptr<Module> load(const void* image);
  /** The kernels.so beside this library, for code that a GPU would run. */
  static std::unique_ptr<Module> loadInPlaceOfGpuCode();
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /** @return null if there is none */
  Function* function(const std::string& name);
  /** A variable of the module. */
  bool global(const std::string& name, void** address, std::size_t* bytes) const;
  bool has(const Function* function) const;

  /** Poisons what the calling thread's next block will share. */
  void prepareShared(const Kernel& kernel, std::size_t dynamicShared) const;
  /** Whether a block kept to its dynamic shared memory. */
  bool sharedIsIntact(std::size_t dynamicShared) const;
  /** Where the calling thread has what its block shares, and how much that may be. */
  char* sharedOfThread() const;
  std::size_t sharedBytes() const { return sharedBytes_; }
  /** Whether an address is in there. */
  bool isShared(const void* address) const;
  const std::string& fileName() const { return path_; }

  /** The compute capability that its code was made for, or that the code whose place it takes was. */
  int target() const { return target_; }
  void setTarget(int target) { target_ = target; }

  /** Whether its kernels tell of their accesses (tell.cpp). */
  bool isChecked() const { return variablesShadow_ != nullptr; }
  /** Called while one is being loaded that does. */
  static void loadingIsChecked();
  /** Where it was loaded to. */
  const char* base() const { return base_; }
  /** Whether an address is in it. */
  bool holds(const void* address) const { return address >= base_ && address < end_; }
  /** Of a checked module, the shadow of its variables. */
  Shadow* variables() const { return variablesShadow_.get(); }
  /** What a kernel's block shares. */
  std::vector<SharedVariable> sharedOf(const Kernel& kernel, std::size_t dynamicShared) const;

 private:
  struct Variable {
    std::size_t offset;
    std::size_t bytes;
    std::string name;
  };

  Module() = default;
  bool open(const void* image);
  bool readSymbols(const char* image);
  /** Sets what ptxas said that a kernel needs on the emulated device, if the module knows. */
  void readResources(Function* function) const;
  void watch();
  void addSharedVariable(const std::string& symbol, Variable variable);
  char* dynamicShared() const;

  int target_ = 0;
  int file_ = -1;
  void* library_ = nullptr;
  char* base_ = nullptr;
  std::string path_;
  std::map<std::string, Function> functions_;
  std::map<std::string, Variable> globals_;
  /** Static shared variables by kernel; "" has those of functions that any kernel may call. */
  std::map<std::string, std::vector<Variable>> shared_;
  std::size_t dynamicSharedOffset_ = 0;
  std::size_t sharedBytes_ = 0;
  char* (*dynamicSharedOfThread_)() = nullptr;
  void* writable_ = nullptr;
  std::size_t writableBytes_ = 0;
  const char* end_ = nullptr;
  std::unique_ptr<Shadow> variablesShadow_;
};

}  // namespace emulator
