// SPDX-License-Identifier: Apache-2.0
#include "moment.h"

#include <mutex>

namespace emulator {

struct RunningTask {
  unsigned stream;
  std::uint64_t number;
  TasksOver before;
  /** How many tasks of its stream are known to be over, however it is launched. */
  std::uint64_t known = 0;
  const Ancestors* ancestors = nullptr;
  std::uint32_t firstAccessor = 0;
  unsigned node = 0;
  /** The number of its one accessor, unless it is a graph; 0 before that begins. */
  std::uint32_t accessor = 0;
};

namespace {

thread_local RunningTask* runningTask = nullptr;

struct Registry {
  std::mutex mutex;
  std::vector<Accessor> accessors{1};
  /** By stream: the first accessor's number of each of its tasks. */
  std::vector<std::vector<std::uint32_t>> tasks;
  /** By stream: the newest accessor; 0 if that was a graph's. */
  std::vector<std::uint32_t> newest;
  TasksOver overForHost;
};

Registry& registry() {
  static auto* registry = new Registry;
  return *registry;
}

/** The first accessor of another stream whose task is not known to be over. Under the registry's lock. */
std::uint32_t firstUnknown(const RunningTask& task) {
  std::uint32_t first = task.firstAccessor;
  const auto& tasks = registry().tasks;
  for (unsigned stream = 0; stream < tasks.size(); stream++) {
    std::uint64_t over = count(task.before, stream);
    if (stream != task.stream && over < tasks[stream].size()) {
      first = std::min(first, tasks[stream][over]);
    }
  }
  return first;
}

/** Those that come before a node with no other between. */
std::vector<std::uint32_t> parents(const Ancestors& ancestors, unsigned node) {
  std::vector<bool> rest = ancestors[node];
  std::vector<std::uint32_t> result;
  for (unsigned i = node; i-- > 0;) {
    if (rest[i]) {
      result.push_back(i);
      for (unsigned before = 0; before < i; before++) {
        rest[before] = rest[before] && !ancestors[i][before];
      }
    }
  }
  return result;
}

/** Whom a programmatic launch may run beside until it waits for them. Under the registry's lock. */
std::vector<std::uint32_t> besides(const RunningTask& task) {
  const auto& accessors = registry().accessors;
  std::vector<std::uint32_t> last;
  if (task.ancestors != nullptr) {
    for (std::uint32_t parent : parents(*task.ancestors, task.node)) {
      last.push_back(task.firstAccessor + parent);
    }
  } else if (std::uint32_t newest = registry().newest[task.stream];
             newest != 0 && accessors[newest].task > task.known) {
    last.push_back(newest);
  }
  std::vector<std::uint32_t> all = last;
  for (std::uint32_t one : last) {
    const Accessor& accessor = accessors[one];
    if (accessor.letsNextStart) {
      all.insert(all.end(), accessor.awaited.begin(), accessor.awaited.end());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

std::uint64_t count(const TasksOver& over, unsigned stream) {
  return stream < over.size() ? over[stream] : 0;
}

void join(TasksOver& over, const TasksOver& other) {
  over.resize(std::max(over.size(), other.size()));
  for (std::size_t i = 0; i < other.size(); i++) {
    over[i] = std::max(over[i], other[i]);
  }
}

Moment Moment::begin(Accessor accessor, bool programmatic) {
  RunningTask* task = runningTask;
  std::lock_guard<std::mutex> lock(registry().mutex);
  auto& accessors = registry().accessors;
  accessor.stream = task->stream;
  accessor.task = task->number;
  Moment moment;
  moment.task_ = task;
  if (programmatic) {
    accessor.awaited = moment.awaited_ = besides(*task);
  }
  if (task->ancestors != nullptr) {
    moment.node_ = task->node;
    moment.number_ = task->firstAccessor + task->node;
    accessors[moment.number_] = std::move(accessor);
  } else {
    if (task->accessor == 0) {
      task->accessor = static_cast<std::uint32_t>(accessors.size());
      accessors.push_back(std::move(accessor));
      registry().newest[task->stream] = task->accessor;
    }
    moment.number_ = task->accessor;
  }
  moment.allBefore_ = firstUnknown(*task);
  return moment;
}

void Moment::letNextStart() const {
  std::lock_guard<std::mutex> lock(registry().mutex);
  registry().accessors[number_].letsNextStart = true;
}

bool Moment::isAfterSlowly(std::uint32_t other) const {
  if (task_->ancestors != nullptr && other >= task_->firstAccessor &&
      other - task_->firstAccessor < task_->ancestors->size()) {
    return (*task_->ancestors)[node_][other - task_->firstAccessor];
  }
  std::lock_guard<std::mutex> lock(registry().mutex);
  const Accessor& accessor = registry().accessors[other];
  return count(task_->before, accessor.stream) >= accessor.task;
}

Accessor accessor(std::uint32_t number) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  return registry().accessors[number];
}

unsigned newStream() {
  std::lock_guard<std::mutex> lock(registry().mutex);
  registry().tasks.emplace_back();
  registry().newest.push_back(0);
  return static_cast<unsigned>(registry().tasks.size() - 1);
}

TaskScope::TaskScope(unsigned stream, TasksOver before, std::uint64_t known) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  auto& tasks = registry().tasks[stream];
  join(before, TasksOver(stream + 1));
  before[stream] = tasks.size();
  auto first = static_cast<std::uint32_t>(registry().accessors.size());
  tasks.push_back(first);
  task_ = std::make_unique<RunningTask>();
  task_->stream = stream;
  task_->number = tasks.size();
  task_->before = std::move(before);
  task_->known = known;
  task_->firstAccessor = first;
  runningTask = task_.get();
}

TaskScope::~TaskScope() { runningTask = nullptr; }

bool TaskScope::isOpen() { return runningTask != nullptr; }

TasksOver TaskScope::after() const {
  TasksOver over = task_->before;
  over[task_->stream] = task_->number;
  return over;
}

void beginGraph(const Ancestors& ancestors) {
  if (runningTask != nullptr) {
    std::lock_guard<std::mutex> lock(registry().mutex);
    auto& accessors = registry().accessors;
    runningTask->firstAccessor = static_cast<std::uint32_t>(accessors.size());
    registry().tasks[runningTask->stream].back() = runningTask->firstAccessor;
    runningTask->ancestors = &ancestors;
    registry().newest[runningTask->stream] = 0;
    accessors.resize(accessors.size() + ancestors.size());
  }
}

void beginNode(unsigned node) {
  if (runningTask != nullptr) {
    runningTask->node = node;
  }
}

TasksOver overForHost() {
  std::lock_guard<std::mutex> lock(registry().mutex);
  return registry().overForHost;
}

void hostLearns(const TasksOver& over) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  join(registry().overForHost, over);
}

}  // namespace emulator
