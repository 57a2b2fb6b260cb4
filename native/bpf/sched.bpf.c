/*
 * How long threads of the family were ready to run and did not, and how long they waited for a device (uninterruptible
 * sleep, state D), as sums for each process. Runs at every switch of the node: only where it is asked for.
 */
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TASK_RUNNING 0
#define TASK_UNINTERRUPTIBLE 2
#define TASK_NOLOAD 0x400 /* idle in state D: waits for nothing */

struct thread {
  __u64 queued_at; /* 0: is not waiting for a processor */
  __u64 blocked_at;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, struct thread);
} threads SEC(".maps");

/* What has come about since it was last written out. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32); /* tgid */
  __type(value, struct critrace_scheduling);
} waits SEC(".maps");

static __always_inline struct thread *thread_of(const struct task_struct *task) {
  __u32 number = task->pid;
  struct thread *found = bpf_map_lookup_elem(&threads, &number);
  if (found) return found;
  struct thread none = {};
  bpf_map_update_elem(&threads, &number, &none, BPF_ANY);
  return bpf_map_lookup_elem(&threads, &number);
}

static __always_inline struct critrace_scheduling *sum_of(const struct task_struct *task, const struct member *member) {
  __u32 tgid = task->tgid;
  struct critrace_scheduling *found = bpf_map_lookup_elem(&waits, &tgid);
  if (found && found->event.process.start == member->process.start) return found;
  struct critrace_scheduling none = {
      .event = {.size = sizeof none, .kind = CRITRACE_RECORD_SCHEDULING, .process = member->process}};
  bpf_map_update_elem(&waits, &tgid, &none, BPF_ANY);
  return bpf_map_lookup_elem(&waits, &tgid);
}

static __always_inline void leaves(struct task_struct *task, bool preempted, __u64 now) {
  if (!member_of(task)) return;
  struct thread *thread = thread_of(task);
  if (!thread) return;
  __u32 state = task->__state;
  if (preempted || state == TASK_RUNNING) thread->queued_at = now;
  else if ((state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD)) thread->blocked_at = now;
}

static __always_inline void enters(struct task_struct *task, __u64 now) {
  struct member *member = member_of(task);
  if (!member) return;
  struct thread *thread = thread_of(task);
  struct critrace_scheduling *sum = sum_of(task, member);
  if (!thread || !sum || !thread->queued_at) return;
  __sync_fetch_and_add(&sum->run_queue_ns, now - thread->queued_at);
  __sync_fetch_and_add(&sum->waits, 1);
  thread->queued_at = 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(change, bool preempted, struct task_struct *before, struct task_struct *after) {
  __u64 now = bpf_ktime_get_ns();
  leaves(before, preempted, now);
  enters(after, now);
  return 0;
}

static __always_inline void wakes(struct task_struct *task) {
  struct member *member = member_of(task);
  if (!member) return;
  struct thread *thread = thread_of(task);
  if (!thread) return;
  __u64 now = bpf_ktime_get_ns();
  struct critrace_scheduling *sum = thread->blocked_at ? sum_of(task, member) : 0;
  if (sum) __sync_fetch_and_add(&sum->blocked_ns, now - thread->blocked_at);
  thread->blocked_at = 0;
  thread->queued_at = now;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wake, struct task_struct *task) {
  wakes(task);
  return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wake_new, struct task_struct *task) {
  wakes(task);
  return 0;
}

/* Writes the sums out and begins them anew. */
SEC("iter/bpf_map_elem")
int total(struct bpf_iter__bpf_map_elem *context) {
  __u32 *found = context->key;
  struct critrace_scheduling *sum = context->value;
  if (!found || !sum) return 0;
  __u32 tgid = *found;
  struct critrace_scheduling told = *sum;
  if (told.waits == 0 && told.blocked_ns == 0) {
    if (!bpf_map_lookup_elem(&family, &tgid)) bpf_map_delete_elem(&waits, &tgid);
    return 0;
  }
  told.event.at = bpf_ktime_get_ns();
  /* Where there was no room, it is asked for once more. */
  if (bpf_seq_write(context->meta->seq, &told, sizeof told)) return 0;
  __sync_fetch_and_add(&sum->waits, -told.waits);
  __sync_fetch_and_add(&sum->run_queue_ns, -told.run_queue_ns);
  __sync_fetch_and_add(&sum->blocked_ns, -told.blocked_ns);
  return 0;
}
