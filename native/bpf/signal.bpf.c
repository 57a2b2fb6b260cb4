/* Signals that end a process of the family, and the one that asks it to end, with who sent them. */
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define SIGTERM 15
#define TRACE_SIGNAL_DELIVERED 0
#define SEND_SIG_PRIV 1 /* by the kernel */
#define SIGNALS 64

/* By default ignored (SIGCHLD, SIGCONT, SIGURG, SIGWINCH) or only stopping (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU). */
#define HARMLESS (1ull << 17 | 1ull << 18 | 1ull << 23 | 1ull << 28 | 1ull << 19 | 1ull << 20 | 1ull << 21 | 1ull << 22)

static __always_inline bool is_handled(struct task_struct *task, __u32 number) {
  __u64 at = (__u64)task->sighand + offset_in(struct sighand_struct, action) +
             (__u64)(number - 1) * bpf_core_type_size(struct k_sigaction) + offset_in(struct k_sigaction, sa.sa_handler);
  __u64 handler = 0;
  bpf_probe_read_kernel(&handler, sizeof handler, (void *)at);
  return handler != 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(generate, int number, struct kernel_siginfo *info, struct task_struct *task, int group, int result) {
  struct shared *state = shared_state();
  if (!state || result != TRACE_SIGNAL_DELIVERED || number <= 0 || number > SIGNALS) return 0;
  if (!member_of(task)) return 0;
  if (number != SIGTERM && ((HARMLESS >> number & 1) || is_handled(task, number))) return 0;
  struct critrace_signal record = {.signal = number};
  begin_event(&record.event, CRITRACE_RECORD_SIGNAL, sizeof record);
  describe_task(state, task, &record.event.process);
  /* A code above zero is the kernel's: a fault, a timer. Newer verifiers know that it is not always an address. */
  __u64 from = (__u64)info;
  if (from != SEND_SIG_PRIV && (from == 0 || get(from, struct kernel_siginfo, si_code) <= 0))
    describe_task(state, (struct task_struct *)bpf_get_current_task_btf(), &record.sender);
  tell(state, &record, sizeof record);
  return 0;
}
