// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../device/runtime.h"
#include "stamp.h"

namespace emulator {

/** How many tasks of each stream are over, by the stream's number. */
using TasksOver = std::vector<std::uint64_t>;

void join(TasksOver& over, const TasksOver& other);

/** A launch, a copy or a product, whose accesses carry its number; 0 is none's. */
struct Accessor {
  std::string name;
  /** Of a kernel: its module's file, and shape. */
  std::string module;
  dim3 gridDim;
  dim3 blockDim;
  // Set when it begins.
  unsigned stream = 0;
  std::uint64_t task = 0;
  /** Those that may not be over when it begins, though before it: it waits for them itself. Ascending. */
  std::vector<std::uint32_t> awaited;
  /** Whether the next may begin before these are over. */
  bool letsNextStart = false;

  explicit Accessor(std::string name_ = "", std::string module_ = "", dim3 gridDim_ = {},
                    dim3 blockDim_ = {})
      : name(std::move(name_)),
        module(std::move(module_)),
        gridDim(gridDim_),
        blockDim(blockDim_) {}
};

/** For each node of a graph, in the order in which they run, which others come before it. */
using Ancestors = std::vector<std::vector<bool>>;

/**
 * When an accessor runs, relative to others. Tasks of one stream are in order, those of different streams as events
 * and the host's waiting say, nodes of one launch of a graph as its edges say, whatever order they run in here.
 */
class Moment {
 public:
  /**
   * Begins an accessor's work in the calling thread's task.
   *
   * @param programmatic whether it may begin before the one before it is over
   */
  static Moment begin(Accessor accessor, bool programmatic = false);

  std::uint32_t number() const { return number_; }
  /** Lets the next accessor begin, if it is a programmatic one, before this one has waited for those before it. */
  void letNextStart() const;
  /** Whether an accessor's work, which is over for this one, is so only once it has waited for it. */
  bool isAwaited(std::uint32_t other) const {
    return !awaited_.empty() && std::binary_search(awaited_.begin(), awaited_.end(), other);
  }
  /** Whether an accessor's work is over for this one. */
  bool isAfter(std::uint32_t other) const { return other < allBefore_ || isAfterSlowly(other); }

 private:
  bool isAfterSlowly(std::uint32_t other) const;

  std::uint32_t number_ = 0;
  std::uint32_t allBefore_ = 0;
  const struct RunningTask* task_ = nullptr;
  unsigned node_ = 0;
  std::vector<std::uint32_t> awaited_;
};

Accessor accessor(std::uint32_t number);

/** A stream's number, for TasksOver. */
unsigned newStream();

/** A task that the calling thread runs, for as long as this lives. */
class TaskScope {
 public:
  /**
   * @param before what is over when it begins
   * @param known how many tasks of its stream are not only before it but known to be over
   */
  TaskScope(unsigned stream, TasksOver before, std::uint64_t known);
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /** What is over once it has ended. */
  TasksOver after() const;
  /** Whether the calling thread has one. */
  static bool isOpen();

 private:
  std::unique_ptr<RunningTask> task_;
};

/** The calling thread's task is a launch of a graph. */
void beginGraph(const Ancestors& ancestors);
/** It is at a node, by its place in the order in which they run. */
void beginNode(unsigned node);

/** How many tasks of a stream are over. */
std::uint64_t count(const TasksOver& over, unsigned stream);

/** What the host has waited for: before all that it submits from now on. */
TasksOver overForHost();
void hostLearns(const TasksOver& over);

}  // namespace emulator
