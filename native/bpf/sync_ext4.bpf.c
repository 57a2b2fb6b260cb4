/* fsync and fdatasync on ext4, by its own tracepoints. */
#include "sync.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/ext4_sync_file_enter")
int BPF_PROG(begin_file, struct file *file, int datasync) {
  begin_sync(file->f_path.dentry, datasync ? CRITRACE_SYNC_FDATASYNC : CRITRACE_SYNC_FSYNC);
  return 0;
}

SEC("tp_btf/ext4_sync_file_exit")
int BPF_PROG(end_file) {
  end_sync();
  return 0;
}
