/*
 * The bytes of watched connections, as their readers copy them out of the socket. Nobody is woken and no system call is
 * touched. Needs bpf_dynptr_from_skb in a tp_btf program (6.12 and 6.18).
 */
#include "sides.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A piece is at most what one buffer of a unix stream holds: 48 KiB, 68 KiB when spliced. */
#define MAX_RECORDS_PER_PIECE 8

extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags, struct bpf_dynptr *pointer) __ksym;

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

/* The socket whose receive queue begins with this buffer. A buffer further behind is only peeked at. */
static __always_inline struct sock *reader_of(const struct sk_buff *skb) {
  struct sock *sk = cast((__u64)skb->prev - offset_in(struct sock, sk_receive_queue), struct sock);
  if (sk->__sk_common.skc_family != AF_UNIX) return 0;
  struct socket *socket = sk->sk_socket;
  if (!socket || socket->sk != sk) return 0;
  return sk;
}

/* Everything about a record but its room, which the verifier wants to know beforehand. */
#define put(room)                                                                                                  \
  ({                                                                                                               \
    struct {                                                                                                       \
      struct critrace_data data;                                                                                   \
      char bytes[room];                                                                                            \
    } *record = bpf_ringbuf_reserve(&ring, sizeof *record, 0);                                                     \
    if (record) {                                                                                                  \
      __u32 n = length;                                                                                            \
      if (n > (room)) n = (room);                                                                                  \
      asm volatile("" : "+r"(n));                                                                                  \
      record->data.size = sizeof *record;                                                                          \
      record->data.kind = CRITRACE_RECORD_DATA;                                                                    \
      record->data.connection = side->connection;                                                                  \
      record->data.offset = offset;                                                                                \
      record->data.at = at;                                                                                        \
      record->data.direction = side->direction;                                                                    \
      record->data.length = n;                                                                                     \
      if (n > (room) || bpf_dynptr_read(record->bytes, n, pointer, from, 0)) {                                     \
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);                                                             \
        record = 0;                                                                                                \
      } else {                                                                                                     \
        bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);                                                              \
      }                                                                                                            \
    }                                                                                                              \
    record != 0;                                                                                                   \
  })

static __always_inline bool put_piece(const struct critrace_side *side, struct bpf_dynptr *pointer, __u32 from, __u32 length,
                                      __u64 offset, __u64 at) {
  if (length <= SMALL_BYTES) return put(SMALL_BYTES);
  if (length <= MIDDLE_BYTES) return put(MIDDLE_BYTES);
  if (length <= LARGE_BYTES) return put(LARGE_BYTES);
  return put(HUGE_BYTES);
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(copy, struct sk_buff *skb, int len) {
  struct sock *sender = skb->sk;
  if (!sender || sender->__sk_common.skc_family != AF_UNIX || sender->sk_type != SOCK_STREAM || len <= 0) return 0;
  struct shared *state = shared_state();
  struct sock *reader = reader_of(skb);
  if (!state || !reader) return 0;
  struct side_state *entry = side_of(state, reader, sender);
  if (!entry) return 0;

  __u64 at = bpf_ktime_get_ns();
  __u32 length = len;
  __u32 consumed = cast((__u64)skb + offset_in(struct sk_buff, cb), struct unix_skb_parms)->consumed;
  __u64 offset = entry->side.offset;
  __u32 done = 0;
  struct bpf_dynptr pointer;
  if (!bpf_dynptr_from_skb(skb, 0, &pointer)) {
    for (int i = 0; i < MAX_RECORDS_PER_PIECE && done < length; i++) {
      __u32 piece = length - done;
      if (piece > HUGE_BYTES) piece = HUGE_BYTES;
      if (!put_piece(&entry->side, &pointer, consumed + done, piece, offset + done, at)) {
        __sync_fetch_and_add(&state->lost_records, 1);
        __sync_fetch_and_add(&state->lost_bytes, piece);
      }
      done += piece;
    }
  }
  if (done < length) {
    __sync_fetch_and_add(&state->lost_records, 1);
    __sync_fetch_and_add(&state->lost_bytes, length - done);
  }

  __u32 thread = (__u32)bpf_get_current_pid_tgid();
  if (entry->reader == thread) {
    entry->added += length;
  } else {
    entry->reader = thread;
    entry->added = length;
  }
  /* After the records: who sees this offset and has drained the ring knows what is missing. */
  __sync_fetch_and_add(&entry->side.offset, length);
  return 0;
}
