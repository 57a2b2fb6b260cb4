/* Writes out what has changed in the table of connections, and names those that are closed. */
#include "sides.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Ends that are closed and told, for the library to take out of the table when the walk is over: a walk that takes out
 * what it stands on may pass over what comes after it, whose place is given away again at once.
 */
struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 4096);
  __type(value, struct side_key);
} gone SEC(".maps");

/* The client has written, and the server has not met the connection yet: it may not even have accepted it. */
static __always_inline bool waits_for_server(__u64 client, const struct critrace_side *side) {
  if (side->peer_inode || side->direction != CRITRACE_RESPONSE) return false;
  __u64 server = (__u64)get(client, struct unix_sock, peer);
  return server && get(server, struct sock, __sk_common.skc_state) == TCP_ESTABLISHED;
}

SEC("iter/bpf_map_elem")
int look(struct bpf_iter__bpf_map_elem *context) {
  struct side_key *found_key = context->key;
  struct side_state *entry = context->value;
  if (!found_key || !entry) return 0;
  struct side_key key = *found_key;
  struct critrace_side side = entry->side;

  struct socket *socket = get(key.sock, struct sock, sk_socket);
  /* A socket without a descriptor has lost its `struct socket`; memory that is used again does not point back. */
  bool open = socket && (__u64)get(socket, struct socket, sk) == key.sock && inode_of(key.sock) == key.inode;
  if (!open) {
    side.flags |= CRITRACE_SIDE_CLOSED;
  } else if (waits_for_server(key.sock, &side)) {
    return 0;
  } else if (get(key.sock, struct sock, sk_shutdown) & RCV_SHUTDOWN) {
    __u64 queue = key.sock + offset_in(struct sock, sk_receive_queue);
    if ((__u64)get(key.sock, struct sock, sk_receive_queue.next) == queue) side.flags |= CRITRACE_SIDE_ENDED;
  }
  /* Gone before anybody accepted it: whoever does will be told of as one without a client. */
  bool unheard = !entry->told && !side.peer_inode && !side.offset && !side.ended_at;
  if (!open && unheard) {
    bpf_map_push_elem(&gone, &key, 0);
    return 0;
  }
  if (entry->told && entry->told_offset == side.offset && entry->told_flags == side.flags) return 0;
  /* Its close is told once: not before there is room to take it out. */
  if (!open && bpf_map_push_elem(&gone, &key, 0)) return 0;
  /* Where there was no room, it is asked for once more. */
  if (bpf_seq_write(context->meta->seq, &side, sizeof side)) return 0;
  entry->told = 1;
  entry->told_offset = side.offset;
  entry->told_flags = side.flags;
  return 0;
}
