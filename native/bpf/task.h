/* What is shared by every program: the state of the tap, where sockets are watched, and who a task is. */
#ifndef CRITRACE_TASK_H
#define CRITRACE_TASK_H

#include "kernel.h"
#include "shared.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct shared);
} shared SEC(".maps");

static __always_inline struct shared *shared_state(void) {
  __u32 first = 0;
  return bpf_map_lookup_elem(&shared, &first);
}

static __always_inline struct place *place_of(struct shared *state, const struct dentry *dentry) {
  if (!dentry) return 0;
  __u64 directory = (__u64)dentry->d_parent;
  __u64 name = dentry->d_name.hash_len;
  for (int i = 0; i < CRITRACE_MAX_ENDPOINTS; i++) {
    struct place *place = &state->places[i];
    if (place->state == PLACE_UNUSED) continue;
    if (place->directory == directory && place->name == name) return place;
  }
  return 0;
}

/* In the pid namespace of the library's process; 0: has none there. */
static __always_inline __u32 number_of(struct shared *state, const struct pid *pid) {
  if (!pid || pid->level < state->pid_level) return 0;
  __u64 at = (__u64)pid + offset_in(struct pid, numbers) + (__u64)state->pid_level * bpf_core_type_size(struct upid);
  __u64 namespace = 0;
  __u32 number = 0;
  bpf_probe_read_kernel(&namespace, sizeof namespace, (void *)(at + offset_in(struct upid, ns)));
  bpf_probe_read_kernel(&number, sizeof number, (void *)(at + offset_in(struct upid, nr)));
  return namespace == state->pid_namespace ? number : 0;
}

/* Which pid namespace is meant: that of the task, which is the library's. */
static __always_inline void take_namespace(struct shared *state, const struct task_struct *own) {
  struct pid *pid = own->thread_pid;
  if (!pid) return;
  __u64 at = (__u64)pid + offset_in(struct pid, numbers) + (__u64)pid->level * bpf_core_type_size(struct upid);
  state->pid_level = pid->level;
  bpf_probe_read_kernel(&state->pid_namespace, sizeof state->pid_namespace, (void *)(at + offset_in(struct upid, ns)));
}

static __always_inline void describe_task(struct shared *state, const struct task_struct *task, struct critrace_process *process) {
  struct task_struct *leader = task->group_leader;
  process->pid = number_of(state, leader->thread_pid);
  process->uid = leader->cred->euid.val;
  process->start = leader->start_boottime;
  bpf_core_read(process->comm, sizeof process->comm, &leader->comm);
}

#endif
