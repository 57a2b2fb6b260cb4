/* Writes out what has changed in the table of connections, and takes out those that are closed. */
#include "sides.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("iter/bpf_map_elem")
int look(struct bpf_iter__bpf_map_elem *context) {
  struct side_key *found_key = context->key;
  struct side_state *entry = context->value;
  if (!found_key || !entry) return 0;
  struct side_key key = *found_key;
  struct critrace_side side = entry->side;

  struct sock *sk = cast(key.sock, struct sock);
  struct socket *socket = sk->sk_socket;
  /* A socket without a descriptor has lost its `struct socket`; memory that is used again does not point back. */
  bool open = socket && socket->sk == sk && inode_of(sk) == key.inode;
  if (!open) {
    side.flags |= CRITRACE_SIDE_CLOSED;
  } else if (sk->sk_shutdown & RCV_SHUTDOWN) {
    __u64 queue = key.sock + offset_in(struct sock, sk_receive_queue);
    if ((__u64)sk->sk_receive_queue.next == queue) side.flags |= CRITRACE_SIDE_ENDED;
  }
  if (entry->told && entry->told_offset == side.offset && entry->told_flags == side.flags) return 0;
  /* Where there was no room, it is asked for once more. */
  if (bpf_seq_write(context->meta->seq, &side, sizeof side)) return 0;
  entry->told = 1;
  entry->told_offset = side.offset;
  entry->told_flags = side.flags;
  if (!open) bpf_map_delete_elem(&sides, &key);
  return 0;
}
