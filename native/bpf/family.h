/* The runtime's family: the runtime, what it has started, and all that came of these. */
#ifndef CRITRACE_FAMILY_H
#define CRITRACE_FAMILY_H

#include "task.h"
#include "wake.h"

struct member {
  struct critrace_process process; /* as of its last exec */
  __u32 role;
  __u32 unused;
  __u64 peak_before; /* pages that it had at its last exec: its peak counts those of what it was before */
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32); /* tgid */
  __type(value, struct member);
} family SEC(".maps");

/* Kernel events have a ring of their own: a burst of them costs no bytes of calls, nor the other way. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 2 * 1024 * 1024);
} events SEC(".maps");

/* The start tells a member from a later process of its number. */
static __always_inline struct member *member_of(const struct task_struct *task) {
  __u32 tgid = task->tgid;
  struct member *member = bpf_map_lookup_elem(&family, &tgid);
  if (!member || member->process.start != task->group_leader->start_boottime) return 0;
  return member;
}

static __always_inline struct member *current_member(void) {
  return member_of((struct task_struct *)bpf_get_current_task_btf());
}

/* False: there was no room. */
static __always_inline bool adopt_task(struct shared *state, const struct task_struct *task, __u32 role) {
  struct member member = {.role = role};
  __u32 tgid = task->tgid;
  describe_task(state, task, &member.process);
  if (!bpf_map_update_elem(&family, &tgid, &member, BPF_ANY)) return 1;
  __sync_fetch_and_add(&state->family_full, 1);
  return 0;
}

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
