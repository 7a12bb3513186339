// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "planted.h"

namespace emulator {
namespace {

using Setter = std::function<bool(Config&, const std::string&)>;

template <typename T>
Setter number(T Config::* field, long long least, long long scale = 1) {
  return [field, least, scale](Config& config, const std::string& text) {
    char* end = nullptr;
    long long value = std::strtoll(text.c_str(), &end, 10);
    if (text.empty() || *end != 0 || value < least) {
      return false;
    }
    config.*field = static_cast<T>(value * scale);
    return true;
  };
}

Setter flag(bool Config::* field) {
  return [field](Config& config, const std::string& text) {
    config.*field = text == "1";
    return text == "0" || text == "1";
  };
}

bool setOrder(Config& config, const std::string& text) {
  static const std::map<std::string, Order> orders = {{"ascending", Order::ascending},
                                                      {"descending", Order::descending},
                                                      {"shuffled", Order::shuffled}};
  auto found = orders.find(text);
  if (found == orders.end()) {
    return false;
  }
  config.order = found->second;
  return true;
}

/** "12.6" */
bool setDriver(Config& config, const std::string& text) {
  int major = 0;
  int minor = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d.%d%c", &major, &minor, &rest) != 2 || major < 1 || minor < 0 ||
      minor > 99) {
    return false;
  }
  config.driver = 1000 * major + 10 * minor;
  return true;
}

bool setComputeMode(Config& config, const std::string& text) {
  static const std::map<std::string, ComputeMode> modes = {{"default", ComputeMode::standard},
                                                           {"prohibited", ComputeMode::prohibited},
                                                           {"exclusive", ComputeMode::exclusive}};
  auto found = modes.find(text);
  if (found == modes.end()) {
    return false;
  }
  config.computeMode = found->second;
  return true;
}

bool setGuard(Config& config, const std::string& text) {
  config.guardBefore = text == "before";
  return text == "before" || text == "after";
}

const std::map<std::string, Setter>& setters() {
  static const auto* all = new std::map<std::string, Setter>{
      {"DEVICES", number(&Config::devices, 0)},
      {"DRIVER", setDriver},
      {"CAPABILITY", number(&Config::capability, 50)},
      {"MULTIPROCESSORS", number(&Config::multiprocessors, 1)},
      {"MEMORY_MB", number(&Config::memoryBytes, 1, 1 << 20)},
      {"TAKEN_MB", number(&Config::takenBytes, 0, 1 << 20)},
      {"COMPUTE_MODE", setComputeMode},
      {"STACK_KB", number(&Config::stackBytes, 16, 1 << 10)},
      {"DELAY_US", number(&Config::delayMicroseconds, 0)},
      {"TIMEOUT_S", number(&Config::timeoutSeconds, 1)},
      {"THREADS", number(&Config::threads, 1)},
      {"ORDER", setOrder},
      {"GUARD", setGuard},
      {"WATCHDOG", flag(&Config::watchdog)},
      {"HOST_ACCESS", flag(&Config::hostAccess)},
      {"LAUNCH_BLOCKING", flag(&Config::launchBlocking)},
      {"FAIL", [](Config&, const std::string& text) { return plantFailure(text); }},
      {"LOSE", [](Config&, const std::string& text) { return plantLoss(text); }},
  };
  return *all;
}

bool apply(Config& config, const std::string& name, const std::string& value) {
  auto setter = setters().find(name);
  return setter != setters().end() && setter->second(config, value);
}

Config fromEnvironment() {
  Config config;
  config.threads = static_cast<int>(std::thread::hardware_concurrency());
  for (const auto& [name, setter] : setters()) {
    std::string variable = "CVAE_EMULATOR_" + name;
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr && !setter(config, value)) {
      std::fprintf(stderr, "cvae-gpu emulator: %s cannot be \"%s\"\n", variable.c_str(), value);
      std::abort();
    }
  }
  return config;
}

}  // namespace

Config& config() {
  static Config config = fromEnvironment();
  return config;
}

bool configure(const char* name, const char* value) { return apply(config(), name, value); }

}  // namespace emulator
