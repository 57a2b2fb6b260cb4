/* How the bytes that an end has copied out of its socket get into the ring, whoever sees them. */
#ifndef CRITRACE_BYTES_H
#define CRITRACE_BYTES_H

#include "sides.h"
#include "wake.h"

/* A piece is at most what one buffer of a unix stream holds: 48 KiB, 68 KiB when spliced. */
#define MAX_RECORDS_PER_PIECE 5

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

/*
 * A record with room for so many bytes, which the verifier wants to know beforehand. `read(to, n)` copies them there
 * and is 0 where it could. The result says whether it is in the ring.
 */
#define put_with_room(room, wanted, state, side, place, now, read)   \
  ({                                                          \
    struct {                                                  \
      struct critrace_data data;                              \
      char bytes[room];                                       \
    } *record = bpf_ringbuf_reserve(&ring, sizeof *record, 0); \
    if (record) {                                             \
      __u32 n = wanted;                                       \
      if (n > (room)) n = (room);                             \
      asm volatile("" : "+r"(n));                             \
      record->data.size = sizeof *record;                     \
      record->data.kind = CRITRACE_RECORD_DATA;               \
      record->data.connection = (side)->connection;           \
      record->data.offset = place;                            \
      record->data.at = now;                                  \
      record->data.direction = (side)->direction;             \
      record->data.length = n;                                \
      if (n > (room) || read(record->bytes, n)) {             \
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);        \
        record = 0;                                           \
      } else {                                                \
        bpf_ringbuf_submit(record, whom(state, &ring, (state)->wake_bytes)); \
      }                                                       \
    }                                                         \
    record != 0;                                              \
  })

/* The smallest record that fits. */
#define put(wanted, state, side, place, now, read)                                            \
  ((wanted) <= SMALL_BYTES    ? put_with_room(SMALL_BYTES, wanted, state, side, place, now, read)  \
   : (wanted) <= MIDDLE_BYTES ? put_with_room(MIDDLE_BYTES, wanted, state, side, place, now, read) \
   : (wanted) <= LARGE_BYTES  ? put_with_room(LARGE_BYTES, wanted, state, side, place, now, read)  \
                              : put_with_room(HUGE_BYTES, wanted, state, side, place, now, read))

static __always_inline void count_lost(struct shared *state, __u32 bytes) {
  __sync_fetch_and_add(&state->lost_records, 1);
  __sync_fetch_and_add(&state->lost_bytes, bytes);
}

/* After the records: who sees this offset and has drained the ring knows what is missing. */
static __always_inline void advance(struct side_state *entry, __u32 length) {
  __u32 thread = (__u32)bpf_get_current_pid_tgid();
  if (entry->reader == thread) {
    entry->added += length;
  } else {
    entry->reader = thread;
    entry->added = length;
  }
  __sync_fetch_and_add(&entry->side.offset, length);
}

#endif
