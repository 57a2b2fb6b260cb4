/* How a read of a watched connection ended: with an end of file, having only peeked, with a fault on the way. */
#ifndef CRITRACE_READS_H
#define CRITRACE_READS_H

#include "sides.h"

/*
 * Whoever slept in a read when its end came to be watched has ended it unseen, having been seen to copy: what that added
 * stays.
 */
static __always_inline int read_begins(const struct sock *sk) {
  struct side_key key = {.sock = (__u64)sk, .inode = inode_of((__u64)sk)};
  struct side_state *entry = bpf_map_lookup_elem(&sides, &key);
  if (!entry || entry->reader != (__u32)bpf_get_current_pid_tgid()) return 0;
  entry->reader = 0;
  entry->added = 0;
  return 0;
}

static __always_inline int read_ended(const struct sock *sk, int ret, int flags) {
  struct shared *state = shared_state();
  if (!state) return 0;
  struct side_state *entry = side_of(state, (__u64)sk, (__u64)get(sk, struct unix_sock, peer));
  if (!entry) return 0;
  bool peeks = flags & MSG_PEEK;
  /* A read of no bytes returns 0 as well. */
  if (ret == 0 && !peeks && (sk->sk_shutdown & RCV_SHUTDOWN)) {
    entry->side.ended_at = bpf_ktime_get_ns();
    __sync_fetch_and_add(&state->changed, 1);
  }

  __u32 taken = ret > 0 && !peeks ? ret : 0;
  if (entry->reader != (__u32)bpf_get_current_pid_tgid()) {
    /* Another thread has read meanwhile: what this one had added cannot be told any more. */
    if (peeks && entry->reader) __sync_fetch_and_add(&state->uncertain, 1);
    return 0;
  }
  /* Peeked at or not delivered: those bytes will come again. */
  if (entry->added > taken) __sync_fetch_and_add(&entry->side.offset, (__u64)taken - entry->added);
  entry->reader = 0;
  entry->added = 0;
  return 0;
}

#endif
