/* The runtime's family: the runtime, what it has started, and all that came of these. */
#ifndef CRITRACE_MEMBERS_H
#define CRITRACE_MEMBERS_H

#include "task.h"

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
  __u32 tgid = get(task, struct task_struct, tgid);
  describe_task(state, task, &member.process);
  if (!bpf_map_update_elem(&family, &tgid, &member, BPF_ANY)) return 1;
  __sync_fetch_and_add(&state->family_full, 1);
  return 0;
}

/*
 * Who serves a watched socket, as it reads a connection's first bytes: what it starts for them is told of from the first
 * process on. A service manager that only keeps the socket is no runtime, nor are we.
 */
static __always_inline int adopt_server(struct shared *state, const struct task_struct *task) {
  if (!state || !(state->parts & PART_FAMILY)) return 0;
  __u32 tgid = get(task, struct task_struct, tgid);
  if (tgid == 1 || tgid == state->own_process) return 0;
  const struct member *member = bpf_map_lookup_elem(&family, &tgid);
  const struct task_struct *leader = get(task, struct task_struct, group_leader);
  if (member && member->process.start == get(leader, struct task_struct, start_boottime)) return 0;
  adopt_task(state, task, ROLE_RUNTIME);
  return 0;
}

#endif
