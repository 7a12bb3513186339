// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../device/runtime.h"

namespace emulator {

/** A kernel of a module, with what was set for it. */
struct Function {
  const Kernel* kernel;
  const class Module* module;
  std::size_t staticShared;
  std::size_t maxDynamicShared;
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
  const std::string& fileName() const { return path_; }

 private:
  struct Variable {
    std::size_t offset;
    std::size_t bytes;
  };

  Module() = default;
  bool open(const void* image);
  bool readSymbols(const char* image);
  void addSharedVariable(const std::string& symbol, Variable variable);
  char* dynamicShared() const;

  int file_ = -1;
  void* library_ = nullptr;
  char* base_ = nullptr;
  std::string path_;
  std::map<std::string, Function> functions_;
  std::map<std::string, Variable> globals_;
  /** Static shared variables by kernel; "" has those of functions that any kernel may call. */
  std::map<std::string, std::vector<Variable>> shared_;
  std::size_t dynamicSharedOffset_ = 0;
  char* (*dynamicSharedOfThread_)() = nullptr;
  void* writable_ = nullptr;
};

}  // namespace emulator
