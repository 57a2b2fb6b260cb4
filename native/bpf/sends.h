/* When bytes were written, at the latest: when the write of an end of a watched connection returned. */
#ifndef CRITRACE_SENDS_H
#define CRITRACE_SENDS_H

#include "bytes.h"

/*
 * The writes of a connection that is older than the tap can be counted from the moment on at which all that was written
 * is read: nothing of this socket's is in a queue then, and what its reader has read is what was written. `last` is what
 * was written just now.
 */
static __always_inline bool begin_to_count(struct side_state *entry, const struct sock *sk, __u64 peer, __u32 last) {
  if (get(sk, struct sock, sk_wmem_alloc.refs.counter) != 1) return false;
  struct side_key key = {.sock = peer, .inode = inode_of(peer)};
  struct side_state *reader = bpf_map_lookup_elem(&sides, &key);
  if (!reader || reader->reader || reader->side.offset < last) return false;
  entry->sent = reader->side.offset - last;
  entry->counts = 1;
  return true;
}

static __always_inline int send_ended(const struct sock *sk, int ret) {
  struct shared *state = shared_state();
  if (!state || ret <= 0) return 0;
  __u64 peer = (__u64)get(sk, struct unix_sock, peer);
  struct side_state *entry = side_of(state, (__u64)sk, peer);
  if (!entry || (!entry->counts && !begin_to_count(entry, sk, peer, ret))) return 0;
  __u64 offset = __sync_fetch_and_add(&entry->sent, ret);
  struct critrace_data *record = bpf_ringbuf_reserve(&ring, sizeof *record, 0);
  if (!record) return 0;
  record->size = sizeof *record;
  record->kind = CRITRACE_RECORD_SENT;
  record->connection = entry->side.connection;
  record->offset = offset;
  record->at = bpf_ktime_get_ns();
  record->direction = entry->side.direction == CRITRACE_REQUEST ? CRITRACE_RESPONSE : CRITRACE_REQUEST;
  record->length = ret;
  bpf_ringbuf_submit(record, whom(state, &ring, state->wake_bytes));
  return 0;
}

#endif
