// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <algorithm>

#include "config.h"
#include "fault.h"

using emulator::Capture;
using emulator::Completion;
using emulator::Failure;
using emulator::Memory;
using emulator::MemoryKind;
using emulator::Node;
using emulator::TaskPointer;
using emulator::Team;

using Lock = std::lock_guard<std::mutex>;

CUctx_st::CUctx_st() {
  emulator::handleFaults();
  legacy_ = std::make_unique<CUstream_st>(health_, true);
}

std::size_t CUctx_st::held() {
  Lock lock(mutex);
  return streams_.size() + events.size() + modules.size() + graphs.size() + graphExecs.size() +
         deviceMemory.size() + pinnedMemory.size();
}

CUctx_st::~CUctx_st() {
  streams_.clear();
  legacy_.reset();
  for (void* address : deviceMemory) {
    Memory::instance().free(address, MemoryKind::device);
  }
  for (void* address : pinnedMemory) {
    Memory::instance().free(address, MemoryKind::pinned);
  }
}

CUresult CUctx_st::createStream(bool blocking, CUstream* stream) {
  Lock lock(mutex);
  *stream = streams_.insert(std::make_unique<CUstream_st>(health_, blocking)).first->get();
  return CUDA_SUCCESS;
}

CUresult CUctx_st::destroyStream(CUstream handle) {
  std::unique_ptr<CUstream_st> ending;
  {
    Lock lock(mutex);
    auto found = std::find_if(streams_.begin(), streams_.end(),
                              [handle](const auto& own) { return own.get() == handle; });
    if (found == streams_.end()) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if ((*found)->capture != nullptr) {
      (*found)->capture->invalid = true;
    }
    ending = std::move(streams_.extract(found).value());
  }
  return CUDA_SUCCESS;
}

CUstream_st* CUctx_st::stream(CUstream handle) {
  if (handle == nullptr || handle == CU_STREAM_LEGACY) {
    return legacy_.get();
  }
  Lock lock(mutex);
  bool known = std::any_of(streams_.begin(), streams_.end(),
                           [handle](const auto& own) { return own.get() == handle; });
  return known ? handle : nullptr;
}

/** What a stream's next task waits for in other streams: the legacy stream and all others meet. */
CUstream_st::Completions CUctx_st::predecessors(const CUstream_st& stream) {
  CUstream_st::Completions result;
  auto add = [&result](CUstream_st& other) {
    if (auto last = other.last(); last != nullptr && !last->isDone()) {
      result.push_back(last);
    }
  };
  if (&stream == legacy_.get()) {
    for (const auto& other : streams_) {
      if (other->blocking()) {
        add(*other);
      }
    }
  } else if (stream.blocking()) {
    add(*legacy_);
  }
  return result;
}

CUresult CUctx_st::submit(CUstream_st& stream, TaskPointer task,
                          std::shared_ptr<Completion>* completion) {
  Lock lock(mutex);
  if (stream.capture != nullptr) {
    if (stream.capture->invalid) {
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    stream.front = {stream.capture->graph->graph.add(std::move(task), stream.front)};
    return CUDA_SUCCESS;
  }
  if (&stream == legacy_.get()) {
    for (const auto& other : streams_) {
      if (other->capture != nullptr && other->blocking()) {
        other->capture->invalid = true;
        return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
      }
    }
  }
  auto done = stream.enqueue(std::move(task), predecessors(stream));
  if (completion != nullptr) {
    *completion = done;
  }
  return CUDA_SUCCESS;
}

CUresult CUctx_st::submitLaunch(CUstream_st& stream, TaskPointer task) {
  std::shared_ptr<Completion> completion;
  CUresult result = submit(stream, std::move(task), &completion);
  // While it is captured, nothing is launched.
  if (completion == nullptr || !emulator::config().launchBlocking) {
    return result;
  }
  completion->wait();
  return failure();
}

CUresult CUctx_st::runNow(TaskPointer task) {
  if (CUresult forbidden = forbidInCapture(); forbidden != CUDA_SUCCESS) {
    return forbidden;
  }
  std::shared_ptr<Completion> completion;
  CUresult result = submit(*legacy_, std::move(task), &completion);
  return result == CUDA_SUCCESS ? waitAndHide({completion}) : result;
}

CUresult CUctx_st::waitAndHide(const CUstream_st::Completions& completions) {
  for (const auto& completion : completions) {
    if (completion != nullptr) {
      completion->wait();
    }
  }
  Memory::instance().hide();
  return failure();
}

CUresult CUctx_st::synchronize() {
  CUstream_st::Completions all;
  {
    Lock lock(mutex);
    if (!captures_.empty()) {
      for (const auto& capture : captures_) {
        capture->invalid = true;
      }
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    all.push_back(legacy_->last());
    for (const auto& stream : streams_) {
      all.push_back(stream->last());
    }
  }
  return waitAndHide(all);
}

CUresult CUctx_st::synchronize(CUstream_st& stream) {
  {
    Lock lock(mutex);
    if (stream.capture != nullptr) {
      stream.capture->invalid = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  if (CUresult forbidden = forbidInCapture(); forbidden != CUDA_SUCCESS) {
    return forbidden;
  }
  return waitAndHide({stream.last()});
}

CUresult CUctx_st::query(CUstream_st& stream) {
  {
    Lock lock(mutex);
    if (stream.capture != nullptr) {
      stream.capture->invalid = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  auto last = stream.last();
  if (last != nullptr && !last->isDone()) {
    return failure() == CUDA_SUCCESS ? CUDA_ERROR_NOT_READY : failure();
  }
  return waitAndHide({});
}

CUresult CUctx_st::record(CUevent_st& event, CUstream_st& stream) {
  {
    Lock lock(mutex);
    event.capture = stream.capture;
    event.nodes = stream.front;
    if (event.capture != nullptr) {
      return event.capture->invalid ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : CUDA_SUCCESS;
    }
  }
  auto time = std::make_shared<std::chrono::steady_clock::time_point>();
  std::shared_ptr<Completion> completion;
  CUresult result = submit(stream,
                           emulator::task(CU_GRAPH_NODE_TYPE_EMPTY,
                                          [time](Team&, Failure*) {
                                            *time = std::chrono::steady_clock::now();
                                            return true;
                                          }),
                           &completion);
  if (result == CUDA_SUCCESS) {
    Lock lock(mutex);
    event.record = {completion, time};
  }
  return result;
}

CUresult CUctx_st::waitFor(CUstream_st& stream, CUevent_st& event) {
  Lock lock(mutex);
  if (event.capture != nullptr) {
    if (event.capture->invalid) {
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    if (stream.capture != nullptr && stream.capture != event.capture) {
      event.capture->invalid = stream.capture->invalid = true;
      return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    }
    if (&stream == legacy_.get()) {
      event.capture->invalid = true;
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    stream.capture = event.capture;
    for (const Node* node : event.nodes) {
      if (std::find(stream.front.begin(), stream.front.end(), node) == stream.front.end()) {
        stream.front.push_back(node);
      }
    }
    return CUDA_SUCCESS;
  }
  if (stream.capture != nullptr) {
    stream.capture->invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  if (event.record.completion != nullptr) {
    auto after = predecessors(stream);
    after.push_back(event.record.completion);
    stream.enqueue(emulator::task(CU_GRAPH_NODE_TYPE_EMPTY, [](Team&, Failure*) { return true; }),
                   after);
  }
  return CUDA_SUCCESS;
}

CUresult CUctx_st::beginCapture(CUstream_st& stream, CUstreamCaptureMode mode) {
  Lock lock(mutex);
  if (&stream == legacy_.get() || mode > CU_STREAM_CAPTURE_MODE_RELAXED) {
    return &stream == legacy_.get() ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED
                                    : CUDA_ERROR_INVALID_VALUE;
  }
  if (stream.capture != nullptr) {
    stream.capture->invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  auto capture = std::make_shared<Capture>();
  capture->origin = &stream;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  captures_.insert(capture);
  stream.capture = capture;
  stream.front.clear();
  return CUDA_SUCCESS;
}

CUresult CUctx_st::endCapture(CUstream_st& stream, CUgraph* graph) {
  Lock lock(mutex);
  auto capture = stream.capture;
  *graph = nullptr;
  if (capture == nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (capture->origin != &stream) {
    capture->invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  }
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      capture->thread != std::this_thread::get_id()) {
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  }
  auto leaves = capture->graph->graph.leaves();
  bool joined = std::all_of(leaves.begin(), leaves.end(), [&stream](const Node* leaf) {
    return std::find(stream.front.begin(), stream.front.end(), leaf) != stream.front.end();
  });
  for (const auto& member : streams_) {
    if (member->capture == capture) {
      member->capture.reset();
      member->front.clear();
    }
  }
  for (const auto& event : events) {
    if (event->capture == capture) {
      event->capture.reset();
      event->nodes.clear();
    }
  }
  captures_.erase(capture);
  if (capture->invalid || !joined) {
    return capture->invalid ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
                            : CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  }
  *graph = graphs.insert(std::move(capture->graph)).first->get();
  return CUDA_SUCCESS;
}

CUstreamCaptureStatus CUctx_st::captureStatus(CUstream_st& stream) {
  Lock lock(mutex);
  if (stream.capture == nullptr) {
    return CU_STREAM_CAPTURE_STATUS_NONE;
  }
  return stream.capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                 : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

CUresult CUctx_st::forbidInCapture() {
  Lock lock(mutex);
  CUresult result = CUDA_SUCCESS;
  for (const auto& capture : captures_) {
    bool mine = capture->thread == std::this_thread::get_id();
    if (capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
        (capture->mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL && mine)) {
      capture->invalid = true;
      result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  return result;
}

CUresult CUctx_st::forbidInCapture(const CUevent_st& event) {
  {
    Lock lock(mutex);
    if (event.capture != nullptr) {
      event.capture->invalid = true;
      return CUDA_ERROR_CAPTURED_EVENT;
    }
  }
  return forbidInCapture();
}
