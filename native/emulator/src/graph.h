// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "config.h"
#include "work.h"

/** A node of a graph: one task, after others. */
struct CUgraphNode_st {
  emulator::TaskPointer task;
  std::vector<const CUgraphNode_st*> after;
  std::size_t number = 0;
};

namespace emulator {

using Node = CUgraphNode_st;

/** Tasks one after the other, with those that have to come before each. */
struct Schedule {
  std::vector<TaskPointer> tasks;
  Ancestors ancestors;
};

/** Tasks with their order, as a capture found them. */
class Graph {
 public:
  Node* add(TaskPointer task, std::vector<const Node*> after);
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  /** Nodes that no other comes after. */
  std::vector<const Node*> leaves() const;
  /** The tasks, each after all that it comes after; of those that may be next, as `order` says. */
  Schedule schedule(Order order) const;

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
};

/** Runs a launch of a graph. @return whether all went well */
bool run(const Schedule& schedule, Team& team, Failure* failure);

}  // namespace emulator

struct CUgraph_st {
  emulator::Graph graph;
};

struct CUgraphExec_st {
  emulator::Schedule schedule;
};
