// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace emulator {

/** In which order a block's threads start and a graph's nodes run. */
enum class Order { ascending, descending, shuffled };

/** Who may use the device: anybody, one process, which is another, or nobody; CUcomputemode's numbers. */
enum class ComputeMode { standard = 0, prohibited = 2, exclusive = 3 };

/** What the environment asks for; native/README.md describes each setting. */
struct Config {
  int devices = 1;
  /** The newest CUDA that the driver supports, as cuDriverGetVersion has it. */
  int driver = 12060;
  int capability = 90;
  int multiprocessors = 16;
  std::size_t memoryBytes = std::size_t{4} << 30;
  std::size_t takenBytes = 0;
  ComputeMode computeMode = ComputeMode::standard;
  std::size_t stackBytes = std::size_t{64} << 10;
  int delayMicroseconds = 0;
  int timeoutSeconds = 30;
  int threads = 0;
  Order order = Order::ascending;
  bool guardBefore = false;
  bool watchdog = false;
  bool hostAccess = false;
  bool launchBlocking = false;
};

/** The process's settings: the environment's, changed by cvaeEmulatorConfigure. */
Config& config();

/**
 * Sets one of them.
 *
 * @param name as in the environment, without CVAE_EMULATOR_
 * @return whether there is such a setting and it can have this value
 */
bool configure(const char* name, const char* value);

}  // namespace emulator
