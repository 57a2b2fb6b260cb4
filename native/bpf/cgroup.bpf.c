/*
 * Cgroups that the family makes, or that its processes live in. On a node with version 1, only the hierarchy of the
 * memory controller is told of; there is no freezing to be seen there.
 */
#include "cgroup.h"
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PATH_BYTES 1024

struct workplace {
  __u32 taken;
  __u32 unused;
  struct critrace_cgroup record;
  char path[PATH_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct workplace);
} cgroup_work SEC(".maps");

/* Ids are counted by hierarchy. */
struct cgroup_key {
  __u64 hierarchy;
  __u64 id;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct cgroup_key);
  __type(value, __u32);
} cgroups SEC(".maps");

static __always_inline struct cgroup_key key_of(struct cgroup *cgroup) {
  struct cgroup_key key = {.hierarchy = (__u64)cgroup->root, .id = cgroup->kn->id};
  return key;
}

static __always_inline bool is_placing(struct cgroup *cgroup) {
  struct cgroup *memory = memory_cgroup((struct task_struct *)bpf_get_current_task_btf());
  return !memory || BPF_CORE_READ(memory, root) == cgroup->root;
}

static __always_inline void tell_of(__u32 action, const char *path, struct task_struct *task) {
  __u32 first = 0;
  struct shared *state = shared_state();
  struct workplace *work = bpf_map_lookup_elem(&cgroup_work, &first);
  if (!state || !work) return;
  if (__sync_lock_test_and_set(&work->taken, 1)) {
    __sync_fetch_and_add(&state->lost_events, 1);
    return;
  }
  begin_event(&work->record.event, CRITRACE_RECORD_CGROUP, sizeof work->record);
  describe_task(state, task, &work->record.event.process);
  work->record.action = action;
  long length = bpf_probe_read_kernel_str(work->path, PATH_BYTES, path);
  __u64 size = length > 0 ? length : 0;
  work->record.path_bytes = size;
  if (size <= PATH_BYTES) tell(state, &work->record, sizeof work->record + size);
  work->taken = 0;
}

static __always_inline struct task_struct *current_task(void) {
  return (struct task_struct *)bpf_get_current_task_btf();
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(create, struct cgroup *cgroup, const char *path) {
  if (!current_member() || !is_placing(cgroup)) return 0;
  struct cgroup_key key = key_of(cgroup);
  __u32 known = 1;
  bpf_map_update_elem(&cgroups, &key, &known, BPF_ANY);
  tell_of(CRITRACE_CGROUP_CREATE, path, current_task());
  return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(attach, struct cgroup *cgroup, const char *path, struct task_struct *task) {
  if (!member_of(task) || !is_placing(cgroup)) return 0;
  struct cgroup_key key = key_of(cgroup);
  __u32 known = 1;
  bpf_map_update_elem(&cgroups, &key, &known, BPF_ANY);
  tell_of(CRITRACE_CGROUP_ATTACH, path, task);
  return 0;
}

static __always_inline bool concerns(struct cgroup *cgroup) {
  struct cgroup_key key = key_of(cgroup);
  return bpf_map_lookup_elem(&cgroups, &key) || current_member();
}

SEC("tp_btf/cgroup_freeze")
int BPF_PROG(freeze, struct cgroup *cgroup, const char *path) {
  if (concerns(cgroup)) tell_of(CRITRACE_CGROUP_FREEZE, path, current_task());
  return 0;
}

SEC("tp_btf/cgroup_unfreeze")
int BPF_PROG(thaw, struct cgroup *cgroup, const char *path) {
  if (concerns(cgroup)) tell_of(CRITRACE_CGROUP_THAW, path, current_task());
  return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(destroy, struct cgroup *cgroup, const char *path) {
  struct cgroup_key key = key_of(cgroup);
  if (bpf_map_delete_elem(&cgroups, &key)) return 0;
  tell_of(CRITRACE_CGROUP_REMOVE, path, current_task());
  return 0;
}
