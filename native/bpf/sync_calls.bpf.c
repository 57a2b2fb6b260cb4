/*
 * fsync, fdatasync and syncfs on every file system, by the tracepoints of these system calls: for kernels without
 * trampolines, and only on request, as every system call of the node takes a longer way while one of them is watched.
 */
#include "sync.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What a tracepoint of a system call begins with. */
struct system_call {
  __u64 common;
  __s64 number;
  __u64 arguments[6];
};

static __always_inline struct dentry *dentry_of(__u32 descriptor) {
  struct task_struct *task = (struct task_struct *)bpf_get_current_task_btf();
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  struct file **files = BPF_CORE_READ(table, fd);
  struct file *file = 0;
  if (descriptor >= BPF_CORE_READ(table, max_fds)) return 0;
  bpf_probe_read_kernel(&file, sizeof file, files + descriptor);
  return file ? BPF_CORE_READ(file, f_path.dentry) : 0;
}

static __always_inline int begin_call(const struct system_call *call, __u32 operation) {
  if (current_member()) begin_sync(dentry_of(call->arguments[0]), operation);
  return 0;
}

SEC("tracepoint/syscalls/sys_enter_fsync")
int begin_fsync(struct system_call *call) {
  return begin_call(call, CRITRACE_SYNC_FSYNC);
}

SEC("tracepoint/syscalls/sys_enter_fdatasync")
int begin_fdatasync(struct system_call *call) {
  return begin_call(call, CRITRACE_SYNC_FDATASYNC);
}

SEC("tracepoint/syscalls/sys_enter_syncfs")
int begin_syncfs(struct system_call *call) {
  return begin_call(call, CRITRACE_SYNC_SYNCFS);
}

SEC("tracepoint/syscalls/sys_exit_fsync")
int end_fsync(void *call) {
  end_sync();
  return 0;
}

SEC("tracepoint/syscalls/sys_exit_fdatasync")
int end_fdatasync(void *call) {
  end_sync();
  return 0;
}

SEC("tracepoint/syscalls/sys_exit_syncfs")
int end_syncfs(void *call) {
  end_sync();
  return 0;
}
