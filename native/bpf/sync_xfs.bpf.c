/* fsync and fdatasync on xfs. Needs trampolines: its tracepoint has no end. */
#include "sync.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/xfs_file_fsync")
int BPF_PROG(begin_file, struct file *file, __s64 start, __s64 end, int datasync) {
  begin_sync(file->f_path.dentry, datasync ? CRITRACE_SYNC_FDATASYNC : CRITRACE_SYNC_FSYNC);
  return 0;
}

SEC("fexit/xfs_file_fsync")
int BPF_PROG(end_file) {
  end_sync();
  return 0;
}
