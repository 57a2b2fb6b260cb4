/* Synchronisation of a file under way, kept by thread from its beginning to its end. */
#ifndef CRITRACE_SYNC_H
#define CRITRACE_SYNC_H

#include "family.h"

#define FILE_NAME_BYTES 96
#define FILE_DEPTH 3
#define FILE_BYTES (FILE_NAME_BYTES * FILE_DEPTH)

struct pending {
  __u32 depth; /* of a stack of file systems that ask each other */
  __u32 unused;
  struct critrace_file_sync record;
  char names[FILE_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32); /* thread */
  __type(value, struct pending);
} syncs SEC(".maps");

/* Zeros: what a pending one begins with does not fit on the stack. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct pending);
} no_sync SEC(".maps");

/* The last names of the path, the last one first; returns how many bytes they take. */
static __always_inline __u32 put_file(struct dentry *dentry, char names[FILE_BYTES]) {
  __u32 used = 0;
  for (int depth = 0; depth < FILE_DEPTH && dentry; depth++) {
    struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
    if (parent == dentry || used > FILE_BYTES - FILE_NAME_BYTES) break;
    long length = bpf_probe_read_kernel_str(names + used, FILE_NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
    if (length <= 0 || length > FILE_NAME_BYTES) break;
    used += length;
    dentry = parent;
  }
  return used;
}

/* `dentry` may be 0: a whole file system. */
static __always_inline void begin_sync(struct dentry *dentry, __u32 operation) {
  __u32 first = 0;
  __u32 thread = (__u32)bpf_get_current_pid_tgid();
  struct shared *state = shared_state();
  if (!state || !current_member()) return;
  struct pending *pending = bpf_map_lookup_elem(&syncs, &thread);
  if (pending) {
    pending->depth++;
    return;
  }
  struct pending *nothing = bpf_map_lookup_elem(&no_sync, &first);
  if (!nothing || bpf_map_update_elem(&syncs, &thread, nothing, BPF_ANY)) return;
  pending = bpf_map_lookup_elem(&syncs, &thread);
  if (!pending) return;
  pending->record.start = bpf_ktime_get_ns();
  pending->record.operation = operation;
  pending->record.file_bytes = put_file(dentry, pending->names);
  describe_task(state, (struct task_struct *)bpf_get_current_task_btf(), &pending->record.event.process);
}

static __always_inline void end_sync(void) {
  __u32 thread = (__u32)bpf_get_current_pid_tgid();
  struct shared *state = shared_state();
  struct pending *pending = bpf_map_lookup_elem(&syncs, &thread);
  if (!state || !pending) return;
  if (pending->depth > 0) {
    pending->depth--;
    return;
  }
  begin_event(&pending->record.event, CRITRACE_RECORD_FILE_SYNC, sizeof pending->record);
  __u64 size = pending->record.file_bytes;
  if (size <= FILE_BYTES) tell(state, &pending->record, sizeof pending->record + size);
  bpf_map_delete_elem(&syncs, &thread);
}

#endif
