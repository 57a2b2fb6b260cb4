/*
 * Who belongs to the runtime's family: kept by fork and exit, which are told where process events are wanted, and looked
 * for among what there is when the tap starts or a runtime appears.
 */
#include "family.h"
#include "places.h"
#include "text.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGNAL_GROUP_EXIT 4

/* Processes to adopt, by their number in the library's pid namespace, and as what: filled in before a walk. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u32);
} seeds SEC(".maps");

/* What a container belongs to; comm has at most 15 characters. */
static __always_inline bool runs_containers(const char *comm) {
  return begins_with(comm, "containerd-shim") || begins_with(comm, "conmon") || begins_with(comm, "runc") ||
         begins_with(comm, "crun");
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(born, struct task_struct *parent, struct task_struct *child) {
  struct shared *state = shared_state();
  struct member *member = member_of(parent);
  /* A thread is no process. */
  if (!state || !member || child->pid != child->tgid) return 0;
  if (!adopt_task(state, child, member->role) || !(state->parts & PART_PROCESS)) return 0;
  struct critrace_fork record = {};
  begin_event(&record.event, CRITRACE_RECORD_FORK, sizeof record);
  describe_task(state, child, &record.event.process);
  describe_task(state, parent, &record.parent);
  tell(state, &record, sizeof record);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(becomes, struct task_struct *task, int old_pid) {
  struct member *member = member_of(task);
  if (!member) return 0;
  bpf_core_read(member->process.comm, sizeof member->process.comm, &task->comm);
  if (runs_containers(member->process.comm)) member->role &= ~ROLE_RUNTIME;
  member->peak_before = task->signal->maxrss;
  return 0;
}

/* Pages; 0: unknown. */
static __always_inline __u64 peak_of(struct task_struct *task, __u64 before) {
  struct mm_struct *memory = task->mm;
  /* Before 6.16 the memory is gone by now. */
  if (memory && bpf_core_field_exists(memory->rss_stat[0].count)) {
    __s64 now = memory->rss_stat[0].count + memory->rss_stat[1].count + memory->rss_stat[3].count;
    __s64 most = memory->hiwater_rss;
    return now > most ? now : most;
  }
  __u64 most = task->signal->maxrss;
  return most > before ? most : 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(gone, struct task_struct *task) {
  struct shared *state = shared_state();
  struct signal_struct *signal = task->signal;
  /* The process ends with its last thread; of two that leave at once, one finds it gone already. */
  if (!state || signal->live.counter > 0) return 0;
  struct member *member = member_of(task);
  if (!member) return 0;
  __u64 peak = peak_of(task, member->peak_before);
  __u32 tgid = task->tgid;
  if (bpf_map_delete_elem(&family, &tgid) || !(state->parts & PART_PROCESS)) return 0;

  struct task_struct *leader = task->group_leader;
  struct critrace_exit record = {};
  begin_event(&record.event, CRITRACE_RECORD_EXIT, sizeof record);
  describe_task(state, task, &record.event.process);
  record.status = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : leader->exit_code;
  record.user_ns = signal->utime + task->utime;
  record.system_ns = signal->stime + task->stime;
  record.run_ns = signal->sum_sched_runtime + task->se.sum_exec_runtime;
  if (leader->pid != task->pid) {
    record.user_ns += leader->utime;
    record.system_ns += leader->stime;
    record.run_ns += leader->se.sum_exec_runtime;
  }
  record.peak_rss_bytes = peak * state->page_bytes;
  tell(state, &record, sizeof record);
  return 0;
}

/* Whoever holds a watched socket that listens or was accepted is a runtime, unless a service manager only keeps it. */
SEC("iter/task_file")
int servers(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct file *file = context->file;
  struct shared *state = shared_state();
  if (!task || !file || !state || task->tgid == 1) return 0;
  struct socket *socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock *sk = socket->sk;
  if (!sk || sk->__sk_common.skc_family != AF_UNIX || sk->sk_type != SOCK_STREAM) return 0;
  struct unix_sock *own = bpf_skc_to_unix_sock(sk);
  struct watched watched;
  if (!own || !watched_at(state, own->path.dentry, &watched)) return 0;
  if (!member_of(task)) adopt_task(state, task, ROLE_RUNTIME);
  return 0;
}

/* Adopts seeds, and children of members: again and again until nobody comes in, as a child may stand before its parent. */
SEC("iter/task")
int adopt(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct shared *state = shared_state();
  if (!task || !state || task->pid != task->tgid) return 0;
  /* Not ourselves, though we may run in a container. */
  if (task->tgid == (int)(bpf_get_current_pid_tgid() >> 32)) {
    take_view(state, task);
    return 0;
  }
  if (member_of(task)) return 0;
  const struct pid *pid = get(task, struct task_struct, thread_pid);
  __u32 number = number_of(state, pid);
  __u32 *seed = bpf_map_lookup_elem(&seeds, &number);
  struct member *parent = member_of(task->real_parent);
  if (!seed && !parent) return 0;
  __u32 role = seed ? *seed : parent ? parent->role : 0;
  char comm[CRITRACE_COMM_BYTES];
  bpf_core_read(comm, sizeof comm, &task->comm);
  if (runs_containers(comm)) role &= ~ROLE_RUNTIME;
  if (adopt_task(state, task, role)) state->adopted++;
  return 0;
}
