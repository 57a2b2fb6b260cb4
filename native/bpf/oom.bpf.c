/* Processes of the family that the kernel kills for want of memory. */
#include "cgroup.h"
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct workplace {
  __u32 taken;
  __u32 unused;
  struct critrace_oom_kill record;
  char names[CGROUP_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct workplace);
} oom_work SEC(".maps");

SEC("tp_btf/mark_victim")
int victim(__u64 *context) {
  __u32 first = 0;
  struct shared *state = shared_state();
  struct workplace *work = bpf_map_lookup_elem(&oom_work, &first);
  if (!state || !work) return 0;
  /* Before 6.8 the tracepoint has a number and no task. */
  bool has_task = bpf_core_field_exists(struct trace_event_raw_mark_victim, uid);
  struct task_struct *task = 0;
  __u32 tgid;
  if (bpf_core_field_exists(struct trace_event_raw_mark_victim, uid)) {
    task = (struct task_struct *)context[0];
    tgid = task->tgid;
  } else {
    tgid = (__u32)context[0];
  }
  struct member *member = bpf_map_lookup_elem(&family, &tgid);
  if (!member) return 0;
  if (__sync_lock_test_and_set(&work->taken, 1)) {
    __sync_fetch_and_add(&state->lost_events, 1);
    return 0;
  }
  begin_event(&work->record.event, CRITRACE_RECORD_OOM_KILL, sizeof work->record);
  work->record.event.process = member->process;
  __u64 size = has_task ? put_cgroup(task, work->names) : 0;
  work->record.cgroup_bytes = size;
  if (size <= CGROUP_BYTES) tell(state, &work->record, sizeof work->record + size);
  work->taken = 0;
  return 0;
}
