/* Looks through the open files of processes when the tap starts and when a watched socket comes. */
#include "sides.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Leaves out what does not fit: then nothing is known. */
static __always_inline void locate(struct dentry *dentry, __u32 wanted, struct location *location) {
  __u32 level = 0;
  location->anchor = 0;
  for (; level < LOCATION_LEVELS && level < wanted; level++) {
    struct dentry *parent = get(dentry, struct dentry, d_parent);
    if (parent == dentry) break;
    const unsigned char *name = get(dentry, struct dentry, d_name.name);
    if (get(dentry, struct dentry, d_name.hash_len) >> 32 >= NAME_BYTES) return;
    if (bpf_probe_read_kernel_str(location->names[level], NAME_BYTES, name) <= 0) return;
    dentry = parent;
  }
  location->levels = level;
  location->anchor = (__u64)dentry;
}

/* The kernel's view of a file that the asking process has open, and the process's own pid namespace. */
SEC("iter/task_file")
int place(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct file *file = context->file;
  struct shared *state = shared_state();
  if (!task || !file || !state) return 0;
  if (task->tgid != (int)(bpf_get_current_pid_tgid() >> 32) || context->fd != state->wanted_descriptor) return 0;
  struct dentry *dentry = file->f_path.dentry;
  state->found.directory = (__u64)dentry->d_parent;
  state->found.name = get(dentry, struct dentry, d_name.hash_len);
  locate(dentry, state->wanted_levels, &state->located);
  take_view(state, task);
  return 0;
}

/* Enters the accepted connections of watched sockets that exist. */
SEC("iter/task_file")
int connections(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct file *file = context->file;
  struct shared *state = shared_state();
  if (!task || !file || !state) return 0;
  struct socket *socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock *sk = socket->sk;
  if (!sk || !is_unix_stream(sk)) return 0;
  const struct dentry *path = get(sk, struct unix_sock, path.dentry);
  struct watched watched;
  __u64 peer = (__u64)get(sk, struct unix_sock, peer);
  /* A listening socket has neither a peer nor had one. */
  if (!peer || !watched_at(state, path, &watched)) return 0;
  struct side_key key = {.sock = (__u64)sk, .inode = inode_of((__u64)sk)};
  if (bpf_map_lookup_elem(&sides, &key)) return 0;
  meet(state, watched.endpoint, (__u64)sk, peer, task, 1);
  return 0;
}
