/*
 * What processes of the family become: arguments, cgroup, and the few variables by which a CNI plugin knows its pod. No
 * other part of an environment leaves this file. Needs bpf_loop (5.17).
 */
#include "cgroup.h"
#include "family.h"
#include "text.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ARGUMENT_BYTES 1024
#define VARIABLE_BYTES 512 /* of CNI_ARGS too */
#define VARIABLES 512      /* that are looked at */
#define ENVIRONMENT_BYTES 2048
#define TEXT_BYTES (ARGUMENT_BYTES + CGROUP_BYTES + ENVIRONMENT_BYTES)

/* Larger than a program's stack. One for each processor; `taken` while a program works on it. */
struct workplace {
  __u32 taken;
  __u32 used; /* of `environment` */
  char variable[VARIABLE_BYTES + 16];
  char environment[ENVIRONMENT_BYTES];
  char names[CGROUP_BYTES];
  struct critrace_exec record;
  char texts[TEXT_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct workplace);
} exec_work SEC(".maps");

struct search {
  struct workplace *work;
  __u64 at, end;
  __u32 inside; /* the variable goes on from the piece before */
};

struct walk {
  struct workplace *work;
  __u32 begins; /* an item */
  __u32 kept;   /* the item at hand is one of Kubernetes */
};

static __always_inline void put_character(struct workplace *work, char character) {
  __u32 at = work->used;
  if (at >= ENVIRONMENT_BYTES) return;
  work->environment[at] = character;
  work->used = at + 1;
}

/* CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;... */
static long next_character(__u32 index, struct walk *walk) {
  struct workplace *work = walk->work;
  __u32 at = index + sizeof("CNI_ARGS=") - 1;
  if (at >= VARIABLE_BYTES) return 1;
  char character = work->variable[at];
  if (!character) return 1;
  if (walk->begins) walk->kept = begins_with(&work->variable[at], "K8S_POD_");
  walk->begins = character == ';';
  if (walk->kept) put_character(work, character == ';' ? '\0' : character);
  return 0;
}

static __always_inline void keep_variable(struct workplace *work, __u32 length) {
  __u32 at = work->used;
  if (at > ENVIRONMENT_BYTES - VARIABLE_BYTES || length > VARIABLE_BYTES) return;
  bpf_probe_read_kernel(work->environment + at, length, work->variable);
  work->used = at + length;
}

static long next_variable(__u32 index, struct search *search) {
  struct workplace *work = search->work;
  if (search->at >= search->end) return 1;
  long length = bpf_probe_read_user_str(work->variable, VARIABLE_BYTES, (void *)search->at);
  if (length <= 0 || length > VARIABLE_BYTES) return 1;
  bool begins = !search->inside;
  search->inside = length == VARIABLE_BYTES;
  search->at += search->inside ? length - 1 : length;
  if (!begins || !begins_with(work->variable, "CNI_")) return 0;
  if (begins_with(work->variable, "CNI_COMMAND=") || begins_with(work->variable, "CNI_CONTAINERID=") || begins_with(work->variable, "CNI_IFNAME=")) {
    keep_variable(work, length);
  } else if (begins_with(work->variable, "CNI_ARGS=")) {
    struct walk walk = {.work = work, .begins = 1};
    bpf_loop(VARIABLE_BYTES, next_character, &walk, 0);
    put_character(work, '\0');
  }
  return 0;
}

static __always_inline void describe(struct shared *state, struct workplace *work, struct task_struct *task) {
  struct critrace_exec *record = &work->record;
  struct mm_struct *memory = task->mm;
  __u64 begin = memory ? BPF_CORE_READ(memory, arg_start) : 0;
  __u64 length = memory ? BPF_CORE_READ(memory, arg_end) - begin : 0;
  __builtin_memset(record, 0, sizeof *record);
  begin_event(&record->event, CRITRACE_RECORD_EXEC, sizeof *record);
  describe_task(state, task, &record->event.process);
  describe_task(state, task->real_parent, &record->parent);

  record->flags = length > ARGUMENT_BYTES ? CRITRACE_EXEC_CUT : 0;
  if (length > ARGUMENT_BYTES) length = ARGUMENT_BYTES;
  if (!length || bpf_probe_read_user(work->texts, length, (void *)begin)) {
    length = 0;
    record->flags = CRITRACE_EXEC_CUT;
  }
  record->argument_bytes = length;
  record->cgroup_bytes = put_cgroup(task, work->names);

  work->used = 0;
  if (memory) {
    struct search search = {
        .work = work, .at = BPF_CORE_READ(memory, env_start), .end = BPF_CORE_READ(memory, env_end)};
    bpf_loop(VARIABLES, next_variable, &search, 0);
  }
  record->environment_bytes = work->used;
}

/* Puts the texts one after the other; returns the size of the record, or 0. */
static __always_inline __u64 join(struct workplace *work) {
  __u32 used = work->record.argument_bytes;
  __u32 names = work->record.cgroup_bytes;
  __u32 environment = work->record.environment_bytes;
  if (used > ARGUMENT_BYTES || names > CGROUP_BYTES || environment > ENVIRONMENT_BYTES) return 0;
  if (names) bpf_probe_read_kernel(work->texts + used, names, work->names);
  used += names;
  if (used > ARGUMENT_BYTES + CGROUP_BYTES) return 0;
  if (environment) bpf_probe_read_kernel(work->texts + used, environment, work->environment);
  return sizeof work->record + used + environment;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec, struct task_struct *task, int old_pid) {
  __u32 first = 0;
  struct shared *state = shared_state();
  struct workplace *work = bpf_map_lookup_elem(&exec_work, &first);
  if (!state || !work || !member_of(task)) return 0;
  if (__sync_lock_test_and_set(&work->taken, 1)) {
    __sync_fetch_and_add(&state->lost_events, 1);
    return 0;
  }
  describe(state, work, task);
  __u64 size = join(work);
  if (size && size <= sizeof work->record + TEXT_BYTES) tell(state, &work->record, size);
  work->taken = 0;
  return 0;
}
