// SPDX-License-Identifier: Apache-2.0
//
// NVTX for Java: NVIDIA's headers are macros and inline functions, which the Foreign Function & Memory API
// cannot call. Class Nvtx of package foreign loads this when a profiler is attached, and not otherwise.
//
// NVTX looks by itself for the profiler's library, with dlopen, whose symbol version would tie a copy of this
// to the C library of the machine that built it. So the caller loads it and says where its entry point is.
#include <stddef.h>
#include <stdint.h>

#define NVTX_SUPPORT_DYNAMIC_INJECTION_LIBRARY 0
#define NVTX_SUPPORT_STATIC_INJECTION_LIBRARY 1
#include <nvtx3/nvToolsExt.h>

static nvtxEventAttributes_t attributes(nvtxStringHandle_t name, uint64_t payload) {
  nvtxEventAttributes_t event = {0};
  event.version = NVTX_VERSION;
  event.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  event.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
  event.message.registered = name;
  event.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
  event.payload.ullValue = payload;
  return event;
}

/**
 * Attaches a profiler, once in a process, and makes a domain.
 *
 * initialize: InitializeInjectionNvtx2 of the profiler's library
 *
 * Returns the domain; null if the profiler takes no NVTX.
 */
void* cvae_nvtx_attach(NvtxInitializeInjectionNvtxFunc_t initialize, const char* domain) {
  InitializeInjectionNvtx2_fnptr = initialize;
  return nvtxDomainCreateA(domain);
}

/** A name for ranges and marks, for as long as the process runs. */
void* cvae_nvtx_name(void* domain, const char* name) {
  return nvtxDomainRegisterStringA((nvtxDomainHandle_t)domain, name);
}

/** Begins a range of this thread, inside those that are open. */
void cvae_nvtx_push(void* domain, void* name, uint64_t payload) {
  nvtxEventAttributes_t event = attributes((nvtxStringHandle_t)name, payload);
  (void)nvtxDomainRangePushEx((nvtxDomainHandle_t)domain, &event);
}

/** Ends the innermost range of this thread. */
void cvae_nvtx_pop(void* domain) { (void)nvtxDomainRangePop((nvtxDomainHandle_t)domain); }

/** Marks a moment. */
void cvae_nvtx_mark(void* domain, void* name, uint64_t payload) {
  nvtxEventAttributes_t event = attributes((nvtxStringHandle_t)name, payload);
  nvtxDomainMarkEx((nvtxDomainHandle_t)domain, &event);
}
