// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  /** Begins an accessor's work in the calling thread's task. */
  static Moment begin(Accessor accessor);

  std::uint32_t number() const { return number_; }
  /** Whether an accessor's work is over for this one. */
  bool isAfter(std::uint32_t other) const { return other < allBefore_ || isAfterSlowly(other); }

 private:
  bool isAfterSlowly(std::uint32_t other) const;

  std::uint32_t number_ = 0;
  std::uint32_t allBefore_ = 0;
  const struct RunningTask* task_ = nullptr;
  unsigned node_ = 0;
};

Accessor accessor(std::uint32_t number);

/** A stream's number, for TasksOver. */
unsigned newStream();

/** A task that the calling thread runs, for as long as this lives. */
class TaskScope {
 public:
  /** @param before what is over when it begins */
  TaskScope(unsigned stream, TasksOver before);
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

/** What the host has waited for: before all that it submits from now on. */
TasksOver overForHost();
void hostLearns(const TasksOver& over);

}  // namespace emulator
