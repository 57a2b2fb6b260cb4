/* The table of connections: which sockets are watched, and what is known of them. */
#ifndef CRITRACE_SIDES_H
#define CRITRACE_SIDES_H

#include "task.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct side_key);
  __type(value, struct side_state);
} sides SEC(".maps");

static __always_inline __u64 inode_of(const struct sock *sk) {
  struct socket *socket = sk->sk_socket;
  if (!socket) return 0;
  return cast(socket, struct socket_alloc)->vfs_inode.i_ino;
}

/* Who the socket's other end was when they connected: SO_PEERCRED. The process may be gone. */
static __always_inline void describe_peer(struct shared *state, const struct sock *sk, struct critrace_process *process) {
  struct pid *pid = sk->sk_peer_pid;
  const struct cred *cred = sk->sk_peer_cred;
  process->uid = cred ? cred->euid.val : ~0u;
  if (!pid) return;
  process->pid = number_of(state, pid);
  struct hlist_node *first = pid->tasks[0].first;
  if (!first) return;
  struct task_struct *task = cast((__u64)first - offset_in(struct task_struct, pid_links), struct task_struct);
  process->start = task->start_boottime;
  bpf_core_read(process->comm, sizeof process->comm, &task->comm);
}

/*
 * Enters a connection that has not been met: both its ends, or the one that is still open. The server's end is entered
 * first, and whoever comes second takes the number that it finds there.
 */
static __always_inline void meet(struct shared *state, __u32 endpoint, const struct sock *server, const struct sock *client,
                                 const struct task_struct *server_task, bool joined) {
  struct side_key server_key = {.sock = (__u64)server, .inode = inode_of(server)};
  struct side_key client_key = {.sock = (__u64)client, .inode = client ? inode_of(client) : 0};
  struct side_state entry = {};
  struct critrace_side *side = &entry.side;

  side->size = sizeof *side;
  side->kind = CRITRACE_RECORD_SIDE;
  side->connection = __sync_fetch_and_add(&state->last_connection, 1) + 1;
  side->opened_at = bpf_ktime_get_ns();
  side->inode = server_key.inode;
  side->peer_inode = client_key.inode;
  side->endpoint = endpoint;
  side->direction = CRITRACE_REQUEST;
  side->flags = joined ? CRITRACE_SIDE_JOINED : 0;
  describe_peer(state, server, &side->client);
  if (server_task) describe_task(state, server_task, &side->server);
  else if (client) describe_peer(state, client, &side->server);
  else side->server.uid = ~0u;

  if (server_key.inode) {
    long result = bpf_map_update_elem(&sides, &server_key, &entry, BPF_NOEXIST);
    if (result == -EEXIST) {
      struct side_state *earlier = bpf_map_lookup_elem(&sides, &server_key);
      if (!earlier) return;
      side->connection = earlier->side.connection;
      side->opened_at = earlier->side.opened_at;
      side->flags = earlier->side.flags & CRITRACE_SIDE_JOINED;
    } else if (result) {
      __sync_fetch_and_add(&state->table_full, 1);
      return;
    }
  }
  if (!client_key.inode) return;
  side->inode = client_key.inode;
  side->peer_inode = server_key.inode;
  side->direction = CRITRACE_RESPONSE;
  long result = bpf_map_update_elem(&sides, &client_key, &entry, BPF_NOEXIST);
  if (result && result != -EEXIST) __sync_fetch_and_add(&state->table_full, 1);
}

/*
 * The side that `reader` is, entered if it was not met before; 0 where it is of no interest. `sender` is the other end,
 * 0 if it is not known: it may have closed already, having taken its place in the file system with it.
 */
static __always_inline struct side_state *side_of(struct shared *state, const struct sock *reader, const struct sock *sender) {
  struct place *place = place_of(state, cast(reader, struct unix_sock)->path.dentry);
  bool serves = place != 0;
  if (!place && sender) {
    place = place_of(state, cast(sender, struct unix_sock)->path.dentry);
    if (!place && sender->sk_socket) return 0;
  }
  struct side_key key = {.sock = (__u64)reader, .inode = inode_of(reader)};
  struct side_state *found = bpf_map_lookup_elem(&sides, &key);
  if (found || !place) return found;

  const struct sock *peer = cast(reader, struct unix_sock)->peer;
  struct task_struct *current = (struct task_struct *)bpf_get_current_task_btf();
  __u32 endpoint = ((__u64)place - (__u64)state->places) / sizeof(struct place);
  bool joined = place->state != PLACE_WATCHED;
  if (serves) meet(state, endpoint, reader, peer, current, joined);
  else meet(state, endpoint, sender, reader, 0, joined);
  return bpf_map_lookup_elem(&sides, &key);
}

#endif
