/* The table of connections: which sockets are watched, and what is known of them. */
#ifndef CRITRACE_SIDES_H
#define CRITRACE_SIDES_H

#include "members.h"
#include "places.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct side_key);
  __type(value, struct side_state);
} sides SEC(".maps");

static __always_inline bool is_unix_stream(const struct sock *sk) {
  return sk->__sk_common.skc_family == AF_UNIX && sk->sk_type == SOCK_STREAM;
}

/* Of the socket's file; 0 once it is closed, and before it is accepted. */
static __always_inline __u64 inode_of(__u64 sk) {
  struct socket *socket = get(sk, struct sock, sk_socket);
  return socket ? get(socket, struct socket_alloc, vfs_inode.i_ino) : 0;
}

/* Who the socket's other end was when they connected: SO_PEERCRED. The process may be gone. */
static __always_inline void describe_peer(struct shared *state, __u64 sk, struct critrace_process *process) {
  const struct pid *pid = get(sk, struct sock, sk_peer_pid);
  const struct cred *cred = get(sk, struct sock, sk_peer_cred);
  process->uid = cred ? get(cred, struct cred, euid.val) : ~0u;
  if (!pid) return;
  process->pid = number_of(state, pid);
  __u64 first = (__u64)get(pid, struct pid, tasks[0].first);
  if (first) name_task((struct task_struct *)(first - offset_in(struct task_struct, pid_links)), process);
}

/*
 * Enters a connection of which an end has not been met: both ends, or the one that is open and accepted. The client's end
 * comes first, and whoever finds it there already takes its number: both ends may be met at the same moment.
 */
static __always_inline void enter(struct shared *state, __u32 endpoint, __u64 server, __u64 client,
                                  const struct task_struct *server_task, bool joined) {
  struct side_key server_key = {.sock = server, .inode = server ? inode_of(server) : 0};
  struct side_key client_key = {.sock = client, .inode = client ? inode_of(client) : 0};
  struct side_state entry = {};
  struct critrace_side *side = &entry.side;

  side->size = sizeof *side;
  side->kind = CRITRACE_RECORD_SIDE;
  side->connection = __sync_fetch_and_add(&state->last_connection, 1) + 1;
  side->opened_at = bpf_ktime_get_ns();
  side->flags = joined ? CRITRACE_SIDE_JOINED : 0;
  side->endpoint = endpoint;
  side->inode = client_key.inode;
  side->peer_inode = server_key.inode;
  side->direction = CRITRACE_RESPONSE;
  entry.counts = !joined;
  if (server) describe_peer(state, server, &side->client);
  else side->client.uid = ~0u;
  if (server_task) describe_task(state, server_task, &side->server);
  else if (client) describe_peer(state, client, &side->server);
  else side->server.uid = ~0u;

  if (client_key.inode) {
    /* An int: before 6.4 the upper half of the result is not the sign's. */
    int result = bpf_map_update_elem(&sides, &client_key, &entry, BPF_NOEXIST);
    if (result) {
      struct side_state *earlier = result == -EEXIST ? bpf_map_lookup_elem(&sides, &client_key) : 0;
      if (!earlier) {
        __sync_fetch_and_add(&state->table_full, 1);
        return;
      }
      side->connection = earlier->side.connection;
      side->opened_at = earlier->side.opened_at;
      side->flags = earlier->side.flags & CRITRACE_SIDE_JOINED;
      if (server_key.inode && !earlier->side.peer_inode) {
        earlier->side.server = side->server;
        earlier->side.peer_inode = server_key.inode;
      }
    }
  }
  if (!server_key.inode) return;
  side->inode = server_key.inode;
  side->peer_inode = client_key.inode;
  side->direction = CRITRACE_REQUEST;
  int result = bpf_map_update_elem(&sides, &server_key, &entry, BPF_NOEXIST);
  if (result && result != -EEXIST) __sync_fetch_and_add(&state->table_full, 1);
}

static __always_inline void meet(struct shared *state, __u32 endpoint, __u64 server, __u64 client,
                                 const struct task_struct *server_task, bool joined) {
  enter(state, endpoint, server, client, server_task, joined);
  __sync_fetch_and_add(&state->changed, 1);
}

/* Whoever serves is adopted by its first use of its end: a client that wrote before may have had both ends entered. */
static __always_inline struct side_state *used(struct shared *state, struct side_state *entry) {
  if (!entry || entry->served || entry->side.direction != CRITRACE_REQUEST) return entry;
  entry->served = 1;
  adopt_server(state, (struct task_struct *)bpf_get_current_task());
  return entry;
}

/*
 * The entry of the end `own`, which reads or writes just now, entered if it was not met before; 0 where it is of no
 * interest. `other` is the other end, 0 if it is not known: it may have closed already, having taken its place in the
 * file system with it.
 */
static __always_inline struct side_state *side_of(struct shared *state, __u64 own, __u64 other) {
  const struct dentry *own_path = get(own, struct unix_sock, path.dentry);
  const struct dentry *other_path = other ? get(other, struct unix_sock, path.dentry) : 0;
  if (!own_path) {
    barrier(); /* or the compiler joins pointers, which the verifier does not take */
    if (!other_path && other && get(other, struct sock, sk_socket)) return 0;
  }
  struct side_key key = {.sock = own, .inode = inode_of(own)};
  struct side_state *found = bpf_map_lookup_elem(&sides, &key);
  if (found) return used(state, found);

  struct watched watched;
  const bool serves = watched_at(state, own_path, &watched);
  if (!serves && !watched_at(state, other_path, &watched)) return 0;
  __u64 server = serves ? own : other;
  __u64 client = serves ? (__u64)get(own, struct unix_sock, peer) : own;
  const struct task_struct *task = serves ? (struct task_struct *)bpf_get_current_task() : 0;
  meet(state, watched.endpoint, server, client, task, watched.state != PLACE_WATCHED);
  return used(state, bpf_map_lookup_elem(&sides, &key));
}

#endif
