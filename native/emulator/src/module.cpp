// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>

#include "config.h"
#include "image.h"
#include "limits.h"
#include "memory.h"
#include "report.h"

namespace emulator {
namespace {

/** Kernels that register while their module is being loaded, which one thread does at a time. */
std::vector<const Kernel*>* registering = nullptr;

/** Whether it tells of its accesses. */
bool loadingChecked = false;

std::mutex& loading() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

/** An image's size is not given: an ELF file's section headers are its end. */
std::size_t sizeOf(const Elf64_Ehdr& header) {
  return header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize;
}

bool writeAll(int file, const char* bytes, std::size_t count) {
  while (count > 0) {
    ssize_t written = write(file, bytes, count);
    if (written <= 0) {
      return false;
    }
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : symbol;
}

}  // namespace

std::unique_ptr<Module> Module::load(const void* image) {
  std::lock_guard<std::mutex> guard(loading());
  std::unique_ptr<Module> module(new Module);
  std::vector<const Kernel*> kernels;
  registering = &kernels;
  loadingChecked = false;
  bool opened = module->open(image) && module->readSymbols(static_cast<const char*>(image));
  registering = nullptr;
  if (!opened) {
    return nullptr;
  }
  if (loadingChecked) {
    module->watch();
  }
  for (const Kernel* kernel : kernels) {
    std::size_t bytes = 0;
    for (const char* owner : {kernel->name, ""}) {
      for (const Variable& variable : module->shared_[owner]) {
        bytes += variable.bytes;
      }
    }
    Function function{kernel, module.get(), bytes};
    module->readResources(&function);
    function.maxDynamicShared = sharedWithoutOptIn - function.staticShared;
    module->functions_[kernel->name] = function;
  }
  return module;
}

std::unique_ptr<Module> Module::loadInPlaceOfGpuCode() {
  Dl_info self = {};
  dladdr(reinterpret_cast<const void*>(&kindOf), &self);
  std::string library = self.dli_fname == nullptr ? "" : self.dli_fname;
  std::string path = library.substr(0, library.rfind('/') + 1) + "kernels.so";
  std::ifstream file(path, std::ios::binary);
  std::vector<char> kernels{std::istreambuf_iterator<char>(file), {}};
  if (kernels.empty()) {
    report("there is no " + path + " to run in place of a GPU's code");
    return nullptr;
  }
  return load(kernels.data());
}

/** Has the dynamic linker load a copy: a second load of one image has variables of its own. */
bool Module::open(const void* image) {
  file_ = memfd_create("cvae-emulator-module", MFD_CLOEXEC);
  if (file_ < 0 || !writeAll(file_, static_cast<const char*>(image),
                             sizeOf(*static_cast<const Elf64_Ehdr*>(image)))) {
    report("a module's image could not be copied");
    return false;
  }
  // By process, not "self": a debugger reads the file under this name.
  path_ = format("/proc/%d/fd/%d", getpid(), file_);
  library_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) {
    report(std::string("a module could not be loaded: ") + dlerror());
    return false;
  }
  link_map* map = nullptr;
  dlinfo(library_, RTLD_DI_LINKMAP, &map);
  base_ = reinterpret_cast<char*>(map->l_addr);
  dynamicSharedOfThread_ =
      reinterpret_cast<char* (*)()>(dlsym(library_, "cvaeModuleDynamicShared"));
  if (dynamicSharedOfThread_ == nullptr) {
    report("a module was not linked by native/Makefile");
    return false;
  }
  return true;
}

bool Module::readSymbols(const char* image) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(image);
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(image + header->e_shoff);
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(image + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++) {
    if (segments[i].p_type == PT_LOAD) {
      end_ = std::max<const char*>(end_, base_ + segments[i].p_vaddr + segments[i].p_memsz);
    }
    if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & PF_W) != 0) {
      writable_ = base_ + segments[i].p_vaddr;
      writableBytes_ = segments[i].p_memsz;
      Memory::instance().addModule(writable_, segments[i].p_memsz);
    }
    if (segments[i].p_type == PT_TLS) {
      sharedBytes_ = segments[i].p_memsz;
    }
  }
  const auto* symbolTable =
      std::find_if(sections, sections + header->e_shnum,
                   [](const Elf64_Shdr& s) { return s.sh_type == SHT_SYMTAB; });
  if (symbolTable == sections + header->e_shnum) {
    report("a module has no symbol table: it was stripped");
    return false;
  }
  const auto* symbols = reinterpret_cast<const Elf64_Sym*>(image + symbolTable->sh_offset);
  const char* names = image + sections[symbolTable->sh_link].sh_offset;
  for (std::size_t i = 0; i < symbolTable->sh_size / sizeof(Elf64_Sym); i++) {
    const Elf64_Sym& symbol = symbols[i];
    std::string name = names + symbol.st_name;
    if (symbol.st_shndx == SHN_UNDEF) {
      continue;
    }
    if (ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT) {
      globals_[name] = {symbol.st_value, symbol.st_size, name};
    } else if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS) {
      addSharedVariable(name, {symbol.st_value, symbol.st_size, demangled(name)});
    }
  }
  return true;
}

void Module::readResources(Function* function) const {
  const auto* table = static_cast<const char*>(dlsym(library_, "cvaeModuleResources"));
  if (table == nullptr) {
    return;
  }
  std::istringstream lines(table);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string target;
    unsigned registers = 0;
    std::size_t shared = 0;
    if (!(words >> name >> target >> registers >> shared) || name != function->kernel->name) {
      continue;
    }
    // A GPU takes code for its own generation, as new as itself or older.
    const int capability = std::atoi(target.c_str() + std::strlen("sm_"));
    const int own = config().capability;
    if (capability <= own && capability / 10 == own / 10 && capability > found) {
      found = capability;
      function->registers = registers;
      function->staticShared = shared;
    }
  }
}

/** A variable local to an extern "C" function f is named _ZZ1fE and its own name. */
void Module::addSharedVariable(const std::string& symbol, Variable variable) {
  if (symbol == "cvaeModuleDynamicSharedMemory") {
    dynamicSharedOffset_ = variable.offset;
    return;
  }
  if (variable.bytes == 0 || variable.bytes > maxSharedPerBlock) {
    return;
  }
  std::string owner;
  for (const Kernel* kernel : *registering) {
    std::string prefix = "_ZZ" + std::to_string(std::strlen(kernel->name)) + kernel->name + "E";
    if (symbol.compare(0, prefix.size(), prefix) == 0) {
      owner = kernel->name;
    }
  }
  shared_[owner].push_back(variable);
}

Module::~Module() {
  if (isChecked()) {
    Memory::instance().unwatch();
  }
  if (writable_ != nullptr) {
    Memory::instance().removeModule(writable_);
  }
  if (library_ != nullptr) {
    dlclose(library_);
  }
  if (file_ >= 0) {
    close(file_);
  }
}

Function* Module::function(const std::string& name) {
  auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

bool Module::has(const Function* function) const {
  return std::any_of(functions_.begin(), functions_.end(),
                     [function](const auto& entry) { return &entry.second == function; });
}

bool Module::global(const std::string& name, void** address, std::size_t* bytes) const {
  auto found = globals_.find(name);
  if (found == globals_.end()) {
    return false;
  }
  *address = base_ + found->second.offset;
  *bytes = found->second.bytes;
  return true;
}

char* Module::dynamicShared() const { return dynamicSharedOfThread_(); }

char* Module::sharedOfThread() const { return dynamicShared() - dynamicSharedOffset_; }

bool Module::isShared(const void* address) const {
  const char* first = sharedOfThread();
  return address >= first && address < first + sharedBytes_;
}

void Module::prepareShared(const Kernel& kernel, std::size_t bytes) const {
  char* dynamic = dynamicShared();
  poison(dynamic, bytes + sharedMargin);
  for (const char* owner : {kernel.name, ""}) {
    auto variables = shared_.find(owner);
    if (variables != shared_.end()) {
      for (const Variable& variable : variables->second) {
        poison(sharedOfThread() + variable.offset, variable.bytes);
      }
    }
  }
}

void Module::loadingIsChecked() { loadingChecked = true; }

void Module::watch() {
  Memory::instance().watch();
  const auto start =
      reinterpret_cast<std::uintptr_t>(writable_) / Shadow::chunkBytes * Shadow::chunkBytes;
  char* end = static_cast<char*>(writable_) + writableBytes_;
  variablesShadow_ = std::make_unique<Shadow>(reinterpret_cast<const void*>(start),
                                              reinterpret_cast<std::uintptr_t>(end) - start);
  variablesShadow_->allow(writable_, writableBytes_, true);
}

std::vector<SharedVariable> Module::sharedOf(const Kernel& kernel, std::size_t dynamicBytes) const {
  char* start = sharedOfThread();
  std::vector<SharedVariable> result;
  for (const char* owner : {kernel.name, ""}) {
    auto variables = shared_.find(owner);
    if (variables != shared_.end()) {
      for (const Variable& variable : variables->second) {
        result.push_back({start + variable.offset, variable.bytes, variable.name});
      }
    }
  }
  if (dynamicBytes > 0) {
    result.push_back({dynamicShared(), dynamicBytes, "dynamic shared memory"});
  }
  return result;
}

bool Module::sharedIsIntact(std::size_t bytes) const {
  const char* margin = dynamicShared() + bytes;
  char untouched[sharedMargin + 4];
  // The poison's pattern goes with the address.
  char* same = untouched + reinterpret_cast<std::uintptr_t>(margin) % 4 -
               reinterpret_cast<std::uintptr_t>(untouched) % 4;
  same = same < untouched ? same + 4 : same;
  poison(same, sharedMargin);
  return std::memcmp(margin, same, sharedMargin) == 0;
}

}  // namespace emulator

extern "C" void cvaeEmulatorRegister(const emulator::Kernel* kernel) {
  if (emulator::registering != nullptr) {
    emulator::registering->push_back(kernel);
  }
}
