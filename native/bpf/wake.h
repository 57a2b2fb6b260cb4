/* Whom a record wakes that goes into a ring. */
#ifndef CRITRACE_WAKE_H
#define CRITRACE_WAKE_H

#include "kernel.h"
#include "shared.h"

/*
 * Nobody: the library looks at its own pace. But for the record with which a ring holds `from` bytes: it wakes the thread
 * that looks after the rings, once for each time that this one wants to be.
 */
static __always_inline __u64 whom(struct shared *state, void *ring, __u64 from) {
  if (!state || !state->wake_wanted || bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < from) return BPF_RB_NO_WAKEUP;
  state->wake_wanted = 0;
  return BPF_RB_FORCE_WAKEUP;
}

#endif
