// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "capture.h"
#include "graph.h"
#include "health.h"
#include "memory.h"
#include "module.h"
#include "stream.h"
#include "work.h"

namespace emulator {

/** When an event's record was reached. */
struct Record {
  std::shared_ptr<Completion> completion;
  std::shared_ptr<std::chrono::steady_clock::time_point> time;
};

}  // namespace emulator

struct CUevent_st {
  bool timing = true;
  emulator::Record record;
  /** Where it was recorded last, if that was in a capture. */
  std::shared_ptr<emulator::Capture> capture;
  std::vector<const emulator::Node*> nodes;
};

/** A context: what was made in it goes with it, and a kernel's fault makes it useless. */
struct CUctx_st {
  CUctx_st();
  /** Waits for all work. */
  ~CUctx_st();
  CUctx_st(const CUctx_st&) = delete;
  CUctx_st& operator=(const CUctx_st&) = delete;

  /** The first failure; every call returns it until the context is destroyed. */
  CUresult failure() const { return health_.failure(); }

  CUresult createStream(bool blocking, CUstream* stream);
  CUresult destroyStream(CUstream stream);
  /** @return null if the handle is none of this context */
  CUstream_st* stream(CUstream handle);

  /** Has a stream do a task, or record it. */
  CUresult submit(CUstream_st& stream, emulator::TaskPointer task,
                  std::shared_ptr<emulator::Completion>* completion = nullptr);
  /** Submits a launch; where launches block, returns when it is done. */
  CUresult submitLaunch(CUstream_st& stream, emulator::TaskPointer task);
  /** Submits to the legacy stream and waits. */
  CUresult runNow(emulator::TaskPointer task);

  CUresult synchronize();
  CUresult synchronize(CUstream_st& stream);
  CUresult query(CUstream_st& stream);

  CUresult record(CUevent_st& event, CUstream_st& stream);
  CUresult waitFor(CUstream_st& stream, CUevent_st& event);
  CUresult beginCapture(CUstream_st& stream, CUstreamCaptureMode mode);
  CUresult endCapture(CUstream_st& stream, CUgraph* graph);
  CUstreamCaptureStatus captureStatus(CUstream_st& stream);
  /** The error for a call that must not be made while the calling thread's captures go on. */
  CUresult forbidInCapture();
  CUresult forbidInCapture(const CUevent_st& event);

  /** How many things were made in it and are still there. */
  std::size_t held();

  // Handles of this context.
  std::set<std::unique_ptr<CUevent_st>> events;
  std::set<std::unique_ptr<emulator::Module>> modules;
  std::set<std::unique_ptr<CUgraph_st>> graphs;
  std::set<std::unique_ptr<CUgraphExec_st>> graphExecs;
  std::set<void*> deviceMemory;
  std::set<void*> pinnedMemory;
  /** Guards the sets above and all streams' captures. */
  std::mutex mutex;

 private:
  std::vector<std::shared_ptr<emulator::Completion>> predecessors(const CUstream_st& stream);
  CUresult waitAndHide(const std::vector<std::shared_ptr<emulator::Completion>>& completions);

  /** Before the streams, whose work tells it of failures. */
  emulator::Health health_;
  std::unique_ptr<CUstream_st> legacy_;
  std::set<std::unique_ptr<CUstream_st>> streams_;
  std::set<std::shared_ptr<emulator::Capture>> captures_;
};
