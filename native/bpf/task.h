/* What is shared by every program: the state of the tap, and who a task is. */
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

/* A process has a number in each pid namespace that it is in, the outermost first. */
static __always_inline __u64 number_at(const struct pid *pid, __u32 level) {
  return (__u64)pid + offset_in(struct pid, numbers) + (__u64)level * bpf_core_type_size(struct upid);
}

/* In the pid namespace of the library's process; 0: has none there. */
static __always_inline __u32 number_of(struct shared *state, const struct pid *pid) {
  if (!pid || get(pid, struct pid, level) < state->pid_level) return 0;
  __u64 at = number_at(pid, state->pid_level);
  return (__u64)get(at, struct upid, ns) == state->pid_namespace ? get(at, struct upid, nr) : 0;
}

/* Whose view of the machine is meant: that of the task, which is the library's. */
static __always_inline void take_view(struct shared *state, const struct task_struct *own) {
  const struct pid *pid = get(own, struct task_struct, thread_pid);
  if (!pid) return;
  const struct fs_struct *fs = get(own, struct task_struct, fs);
  state->root_mount = (__u64)get(fs, struct fs_struct, root.mnt);
  state->root_directory = (__u64)get(fs, struct fs_struct, root.dentry);
  state->own_process = get(own, struct task_struct, tgid);
  state->pid_level = get(pid, struct pid, level);
  __u64 at = number_at(pid, state->pid_level);
  state->pid_namespace = (__u64)get(at, struct upid, ns);
}

static __always_inline void name_task(const struct task_struct *task, struct critrace_process *process) {
  process->start = get(task, struct task_struct, start_boottime);
  bpf_core_read(process->comm, sizeof process->comm, &task->comm);
}

static __always_inline void describe_task(struct shared *state, const struct task_struct *task, struct critrace_process *process) {
  const struct task_struct *leader = get(task, struct task_struct, group_leader);
  const struct pid *pid = get(leader, struct task_struct, thread_pid);
  const struct cred *cred = get(leader, struct task_struct, cred);
  process->pid = number_of(state, pid);
  process->uid = get(cred, struct cred, euid.val);
  name_task(leader, process);
}

#endif
