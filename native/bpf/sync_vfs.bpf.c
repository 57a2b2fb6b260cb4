/*
 * fsync, fdatasync and syncfs on every file system. Needs trampolines, and sees a call only where the compiler has left one:
 * in 6.1 fdatasync goes past it. What a file system's own program sees as well is told once.
 */
#include "sync.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/vfs_fsync_range")
int BPF_PROG(begin_file, struct file *file, __s64 start, __s64 end, int datasync) {
  begin_sync(file->f_path.dentry, datasync ? CRITRACE_SYNC_FDATASYNC : CRITRACE_SYNC_FSYNC);
  return 0;
}

SEC("fexit/vfs_fsync_range")
int BPF_PROG(end_file) {
  end_sync();
  return 0;
}

SEC("fentry/sync_filesystem")
int BPF_PROG(begin_all) {
  begin_sync(0, CRITRACE_SYNC_SYNCFS);
  return 0;
}

SEC("fexit/sync_filesystem")
int BPF_PROG(end_all) {
  end_sync();
  return 0;
}
