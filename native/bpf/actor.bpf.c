/*
 * The same as copy.bpf.c where buffers cannot be read, by a trampoline: what a reader has just been given is read out of
 * its own memory. Needs fexit, bpf_loop (5.17) and iov_iter.iter_type (5.14).
 */
#include "bytes.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Of one read, what a piece may be spread over. */
#define MAX_SEGMENTS 8

/* Where the bytes that were written last into an iterator begin. */
struct cursor {
  __u64 segment; /* address of an iovec in the kernel; 0: the memory is in one */
  __u64 base;    /* address in the reader's memory */
  __u64 left;    /* of the segment */
};

static __always_inline bool into_segment(struct cursor *cursor, __u64 segment) {
  struct iovec vector;
  if (bpf_probe_read_kernel(&vector, sizeof vector, (void *)segment)) return false;
  cursor->segment = segment;
  cursor->base = (__u64)vector.iov_base;
  cursor->left = vector.iov_len;
  return true;
}

/* `back` bytes before where the iterator stands now. */
static __always_inline bool locate(const struct iov_iter *iter, __u64 back, struct cursor *cursor) {
  __u64 offset = get(iter, struct iov_iter, iov_offset);
  __u8 type = get(iter, struct iov_iter, iter_type);
  if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) && type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
    cursor->segment = 0;
    cursor->base = (__u64)get(iter, struct iov_iter, ubuf) + offset - back;
    cursor->left = back;
    return true;
  }
  if (type != bpf_core_enum_value(enum iter_type, ITER_IOVEC)) return false;
  __u64 segment = bpf_core_field_exists(iter->__iov)
                      ? (__u64)get(iter, struct iov_iter, __iov)
                      : (__u64)get(iter, struct iov_iter___before_6_4, iov);
  for (int i = 0; i < MAX_SEGMENTS && back > offset; i++) {
    back -= offset;
    segment -= sizeof(struct iovec);
    if (!into_segment(cursor, segment)) return false;
    offset = cursor->left;
  }
  if (back > offset || !into_segment(cursor, segment)) return false;
  cursor->base += offset - back;
  cursor->left -= offset - back;
  return true;
}

/* A piece on its way into the ring, part by part. */
struct piece {
  struct cursor cursor;
  __u64 connection, offset, at;
  __u32 length, done;
  __u8 direction;
};

/* One part: no more than a record holds, and of one segment. 1 ends the loop. */
static long put_part(__u32 index, struct piece *piece) {
  struct shared *state = shared_state();
  if (!state) return 1;
  __u32 part = piece->length - piece->done;
  if (part > HUGE_BYTES) part = HUGE_BYTES;
  if (part > piece->cursor.left) part = piece->cursor.left;
#define read_memory(to, n) bpf_probe_read_user(to, n, (void *)piece->cursor.base)
  if (part > 0 && !put(part, state, piece, piece->offset + piece->done, piece->at, read_memory)) count_lost(state, part);
  piece->done += part;
  piece->cursor.base += part;
  piece->cursor.left -= part;
  if (piece->done >= piece->length) return 1;
  if (piece->cursor.left > 0) return 0;
  return !piece->cursor.segment || !into_segment(&piece->cursor, piece->cursor.segment + sizeof(struct iovec));
}

SEC("fexit/unix_stream_read_actor")
int BPF_PROG(actor, struct sk_buff *skb, int skip, int chunk, struct unix_stream_read_state *reading, int ret) {
  struct shared *state = shared_state();
  if (!state || ret <= 0) return 0;
  __u64 reader = (__u64)reading->socket->sk;
  struct side_state *entry = side_of(state, reader, (__u64)skb->sk);
  if (!entry) return 0;
  struct piece piece = {
      .connection = entry->side.connection,
      .offset = entry->side.offset,
      .at = bpf_ktime_get_ns(),
      .length = ret,
      .direction = entry->side.direction,
  };
  if (locate(&reading->msg->msg_iter, piece.length, &piece.cursor))
    bpf_loop(MAX_RECORDS_PER_PIECE + MAX_SEGMENTS, put_part, &piece, 0);
  if (piece.done < piece.length) count_lost(state, piece.length - piece.done);
  advance(entry, piece.length);
  return 0;
}
