// SPDX-License-Identifier: Apache-2.0
#include "graph.h"

#include <algorithm>
#include <random>

#include "planted.h"

namespace emulator {

Node* Graph::add(TaskPointer task, std::vector<const Node*> after) {
  nodes_.push_back(std::make_unique<Node>(Node{std::move(task), std::move(after), nodes_.size()}));
  return nodes_.back().get();
}

std::vector<const Node*> Graph::leaves() const {
  std::vector<bool> hasNext(nodes_.size());
  for (const auto& node : nodes_) {
    for (const Node* before : node->after) {
      hasNext[before->number] = true;
    }
  }
  std::vector<const Node*> leaves;
  for (const auto& node : nodes_) {
    if (!hasNext[node->number]) {
      leaves.push_back(node.get());
    }
  }
  return leaves;
}

Schedule Graph::schedule(Order order) const {
  std::vector<bool> done(nodes_.size());
  std::vector<TaskPointer> tasks;
  Ancestors ancestors;
  // By a node's number: its place among the tasks.
  std::vector<std::size_t> places(nodes_.size());
  std::minstd_rand random(1);
  while (tasks.size() < nodes_.size()) {
    std::vector<const Node*> ready;
    for (const auto& node : nodes_) {
      if (!done[node->number] &&
          std::all_of(node->after.begin(), node->after.end(),
                      [&done](const Node* before) { return done[before->number]; })) {
        ready.push_back(node.get());
      }
    }
    const Node* next = order == Order::ascending    ? ready.front()
                       : order == Order::descending ? ready.back()
                                                    : ready[random() % ready.size()];
    done[next->number] = true;
    places[next->number] = tasks.size();
    std::vector<bool> before(nodes_.size());
    for (const Node* node : next->after) {
      const std::size_t place = places[node->number];
      before[place] = true;
      for (std::size_t i = 0; i < place; i++) {
        before[i] = before[i] || ancestors[place][i];
      }
    }
    tasks.push_back(next->task);
    ancestors.push_back(std::move(before));
  }
  return {std::move(tasks), std::move(ancestors)};
}

bool run(const Schedule& schedule, Team& team, Failure* failure) {
  beginGraph(schedule.ancestors);
  for (std::size_t i = 0; i < schedule.tasks.size(); i++) {
    beginNode(static_cast<unsigned>(i));
    if (!runTask(*schedule.tasks[i], team, failure)) {
      return false;
    }
  }
  return true;
}

}  // namespace emulator
