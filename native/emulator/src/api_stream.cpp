// SPDX-License-Identifier: Apache-2.0
// Driver API: streams, events, capture, graphs.
#include <chrono>

#include "api.h"
#include "config.h"
#include "planted.h"
#include "report.h"

using emulator::Failure;
using emulator::Team;
using emulator::withContext;
using emulator::withStream;

namespace {

/** Runs a body with an event of the current context. */
template <typename Body>
CUresult withEvent(CUevent event, Body body) {
  return withContext([&](CUctx_st& context) -> CUresult {
    return emulator::has(context, context.events, event) ? body(context, *event)
                                                         : CUDA_ERROR_INVALID_HANDLE;
  });
}

emulator::Record recordOf(CUctx_st& context, const CUevent_st& event) {
  std::lock_guard<std::mutex> lock(context.mutex);
  return event.record;
}

bool isDone(const emulator::Record& record) {
  return record.completion == nullptr || record.completion->isDone();
}

}  // namespace

extern "C" {

CUresult cuStreamCreate(CUstream* stream, unsigned int flags) {
  return withContext("cuStreamCreate", [=](CUctx_st& context) {
    return flags > CU_STREAM_NON_BLOCKING
               ? CUDA_ERROR_INVALID_VALUE
               : context.createStream(flags != CU_STREAM_NON_BLOCKING, stream);
  });
}

CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned int flags, int) {
  return cuStreamCreate(stream, flags);
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  return withContext([=](CUctx_st& context) { return context.destroyStream(stream); });
}

CUresult cuStreamSynchronize(CUstream stream) {
  return withStream(stream,
                    [](CUctx_st& context, CUstream_st& own) { return context.synchronize(own); });
}

CUresult cuStreamQuery(CUstream stream) {
  return withStream(stream, [](CUctx_st& context, CUstream_st& own) { return context.query(own); });
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    return emulator::has(context, context.events, event) ? context.waitFor(own, *event)
                                                         : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuEventCreate(CUevent* event, unsigned int flags) {
  return withContext("cuEventCreate", [=](CUctx_st& context) {
    auto created = std::make_unique<CUevent_st>();
    created->timing = (flags & CU_EVENT_DISABLE_TIMING) == 0;
    *event = created.get();
    std::lock_guard<std::mutex> lock(context.mutex);
    context.events.insert(std::move(created));
    return CUDA_SUCCESS;
  });
}

CUresult cuEventDestroy_v2(CUevent event) {
  return withContext([=](CUctx_st& context) {
    return emulator::take(context, context.events, event) == nullptr ? CUDA_ERROR_INVALID_HANDLE
                                                                     : CUDA_SUCCESS;
  });
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    return emulator::has(context, context.events, event) ? context.record(*event, own)
                                                         : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuEventQuery(CUevent event) {
  return withEvent(event, [](CUctx_st& context, const CUevent_st& own) {
    if (CUresult forbidden = context.forbidInCapture(own); forbidden != CUDA_SUCCESS) {
      return forbidden;
    }
    return isDone(recordOf(context, own)) ? context.failure() : CUDA_ERROR_NOT_READY;
  });
}

CUresult cuEventSynchronize(CUevent event) {
  return withEvent(event, [](CUctx_st& context, const CUevent_st& own) {
    if (CUresult forbidden = context.forbidInCapture(own); forbidden != CUDA_SUCCESS) {
      return forbidden;
    }
    emulator::Record record = recordOf(context, own);
    if (record.completion != nullptr) {
      record.completion->wait();
    }
    emulator::Memory::instance().hide();
    return context.failure();
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return withEvent(start, [=](CUctx_st& context, const CUevent_st& first) {
    if (!emulator::has(context, context.events, end) || !first.timing || !end->timing) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    emulator::Record from = recordOf(context, first);
    emulator::Record to = recordOf(context, *end);
    if (from.completion == nullptr || to.completion == nullptr) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    if (!isDone(from) || !isDone(to)) {
      return CUDA_ERROR_NOT_READY;
    }
    *milliseconds = std::chrono::duration<float, std::milli>(*to.time - *from.time).count();
    return context.failure();
  });
}

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  return withStream(
      stream, [=](CUctx_st& context, CUstream_st& own) { return context.beginCapture(own, mode); });
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  return withStream(
      stream, [=](CUctx_st& context, CUstream_st& own) { return context.endCapture(own, graph); });
}

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    *status = context.captureStatus(own);
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count) {
  return withContext([=](CUctx_st& context) {
    if (!emulator::has(context, context.graphs, graph)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const auto& own = graph->graph.nodes();
    // JCuda 12.6.0 leaves the count uninitialised when it passes an array.
    constexpr std::size_t plausible = 1 << 20;
    if (nodes != nullptr && *count > plausible) {
      emulator::report("cuGraphGetNodes: an array for an impossible number of nodes");
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (nodes != nullptr) {
      for (std::size_t i = 0; i < *count; i++) {
        nodes[i] = i < own.size() ? own[i].get() : nullptr;
      }
    }
    *count = nodes == nullptr ? own.size() : std::min(*count, own.size());
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
  return withContext([=](CUctx_st&) {
    *type = node->task->type;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  return withContext("cuGraphInstantiate", [=](CUctx_st& context) {
    if (!emulator::has(context, context.graphs, graph)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    auto created = std::make_unique<CUgraphExec_st>();
    created->schedule = graph->graph.schedule(emulator::config().order);
    *exec = created.get();
    std::lock_guard<std::mutex> lock(context.mutex);
    context.graphExecs.insert(std::move(created));
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream) {
  return withContext("cuGraphUpload", [=](CUctx_st& context) {
    return emulator::has(context, context.graphExecs, exec) ? CUDA_SUCCESS
                                                            : CUDA_ERROR_INVALID_VALUE;
  });
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return withStream(stream, [=](CUctx_st& context, CUstream_st& own) {
    if (!emulator::has(context, context.graphExecs, exec)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (context.captureStatus(own) != CU_STREAM_CAPTURE_STATUS_NONE) {
      emulator::unsupported("cuGraphLaunch into a stream that is captured");
    }
    // A copy: the graph may be destroyed once it is launched.
    return context.submitLaunch(
        own, emulator::task(CU_GRAPH_NODE_TYPE_EMPTY,
                            [schedule = exec->schedule](Team& team, Failure* failure) {
                              return emulator::run(schedule, team, failure);
                            }));
  });
}

CUresult cuGraphDestroy(CUgraph graph) {
  return withContext([=](CUctx_st& context) {
    return emulator::take(context, context.graphs, graph) == nullptr ? CUDA_ERROR_INVALID_VALUE
                                                                     : CUDA_SUCCESS;
  });
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  return withContext([=](CUctx_st& context) {
    return emulator::take(context, context.graphExecs, exec) == nullptr ? CUDA_ERROR_INVALID_VALUE
                                                                        : CUDA_SUCCESS;
  });
}
}
