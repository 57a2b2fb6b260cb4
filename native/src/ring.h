/*
 * A BPF ring buffer, read without copying and without waiting. What it may soon have no room for can be set aside: then it
 * is read from there, in the same order and under the same positions.
 */
#ifndef CRITRACE_RING_H
#define CRITRACE_RING_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes of a record mean something, of those that it has room for; at most these. */
typedef uint32_t ring_length(const uint8_t *record, uint32_t room);

struct ring {
  uint64_t size;
  ring_length *length_of;
  volatile uint64_t *consumer;       /* a page of its own, which only we write */
  const volatile uint64_t *producer; /* a page of its own, and the data twice after it */
  const uint8_t *data;
  /* Records that were set aside, from `from` to `to`. */
  uint8_t *aside;
  uint64_t aside_size, from, to;
  uint64_t taken;   /* of that memory, since it was last given back */
  uint64_t used_at; /* monotonic, nanoseconds: when ring_rest() last found that something had been set aside */
  bool used;        /* since then */
};

/* 0 or a negative errno. */
int32_t ring_map(struct ring *ring, int descriptor, uint64_t size, ring_length *length_of);
void ring_unmap(struct ring *ring);

static inline bool ring_is_mapped(const struct ring *ring) {
  return ring->consumer != 0;
}

/* Room for what is set aside: memory is taken as it is used. 0 or a negative errno. */
int32_t ring_reserve(struct ring *ring, uint64_t size);

/* What a ring may hold before it is set aside: a quarter. */
static inline uint64_t ring_much(const struct ring *ring) {
  return ring->size / 4;
}

/* Sets aside what the ring holds if that is much, as far as there is room. False: it holds much still. */
bool ring_set_aside(struct ring *ring);

/* The position up to which records have been reserved, and that of the next one to be read. */
uint64_t ring_produced(const struct ring *ring);
uint64_t ring_consumed(const struct ring *ring);

/*
 * The next record before `until`: its bytes and how many of them mean something; false if there is none, or if it is still being written.
 * A discarded record has a null address. It stays until ring_next().
 */
bool ring_peek(const struct ring *ring, uint64_t until, const uint8_t **record, uint32_t *length);
void ring_next(struct ring *ring);

/* Now and then: gives back the memory for what is set aside when none has been for some seconds. */
void ring_rest(struct ring *ring, uint64_t now);

#endif
