/* Connects that fail, by who tried and how often: a runtime that is away is knocked at by many, again and again. */
#ifndef CRITRACE_REFUSALS_H
#define CRITRACE_REFUSALS_H

#include "task.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256); /* MAX_REFUSALS */
  __type(key, struct refused_key);
  __type(value, struct refused);
} refusals SEC(".maps");

/* Is the last name of the path as long as that of a watched socket? What it means to the caller the library finds out. */
static __always_inline bool may_be_watched(const struct shared *state, const char path[SOCKET_PATH_BYTES]) {
  __u32 length = 0;
  for (__u32 at = 0; at < SOCKET_PATH_BYTES && path[at]; at++) length = path[at] == '/' ? 0 : length + 1;
  return state->name_lengths >> (length & 63) & 1;
}

static __always_inline bool has_our_root(const struct shared *state, const struct task_struct *task) {
  const struct fs_struct *fs = get(task, struct task_struct, fs);
  return (__u64)get(fs, struct fs_struct, root.mnt) == state->root_mount &&
         (__u64)get(fs, struct fs_struct, root.dentry) == state->root_directory;
}

/* Counts it, if `key` names a socket that may be watched. */
static __always_inline int refuse(struct refused_key *key) {
  struct shared *state = shared_state();
  /* One without a name is of no file. */
  if (!state || !key->path[0] || !may_be_watched(state, key->path)) return 0;
  __u64 now = bpf_ktime_get_ns();
  key->tgid = bpf_get_current_pid_tgid() >> 32;
  __sync_fetch_and_add(&state->refused, 1);
  struct refused *found = bpf_map_lookup_elem(&refusals, key);
  if (!found) {
    const struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct refused first = {.first_at = now, .last_at = now, .same_root = has_our_root(state, task)};
    describe_task(state, task, &first.client);
    int result = bpf_map_update_elem(&refusals, key, &first, BPF_NOEXIST);
    found = result && result != -EEXIST ? 0 : bpf_map_lookup_elem(&refusals, key);
  }
  if (!found) {
    __sync_fetch_and_add(&state->refused_full, 1);
    return 0;
  }
  found->last_at = now;
  __sync_fetch_and_add(&found->count, 1);
  return 0;
}

#endif
