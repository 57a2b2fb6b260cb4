/* What programs of kernel events tell of the family. */
#ifndef CRITRACE_FAMILY_H
#define CRITRACE_FAMILY_H

#include "members.h"
#include "wake.h"

/* Kernel events have a ring of their own: a burst of them costs no bytes of calls, nor the other way. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 2 * 1024 * 1024);
} events SEC(".maps");

/* The common part of a record; the process is who does it. */
static __always_inline void begin_event(struct critrace_event *event, __u32 kind, __u32 size) {
  event->kind = kind;
  event->size = size;
  event->at = bpf_ktime_get_ns();
}

static __always_inline void tell(struct shared *state, void *record, __u64 size) {
  __u64 wake = whom(state, &events, state->wake_event_bytes);
  if (bpf_ringbuf_output(&events, record, size, wake)) __sync_fetch_and_add(&state->lost_events, 1);
}

#endif
