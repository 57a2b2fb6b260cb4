/* A BPF ring buffer, read without copying and without waiting. */
#ifndef CRITRACE_RING_H
#define CRITRACE_RING_H

#include <stdbool.h>
#include <stdint.h>

struct ring {
  uint64_t size;
  volatile uint64_t *consumer;       /* a page of its own, which only we write */
  const volatile uint64_t *producer; /* a page of its own, and the data twice after it */
  const uint8_t *data;
};

/* 0 or a negative errno. */
int32_t ring_map(struct ring *ring, int descriptor, uint64_t size);
void ring_unmap(struct ring *ring);

static inline bool ring_is_mapped(const struct ring *ring) {
  return ring->consumer != 0;
}

/* The position up to which records have been reserved. */
uint64_t ring_produced(const struct ring *ring);
uint64_t ring_consumed(const struct ring *ring);

/*
 * The next record before `until`: its bytes and length; false if there is none, or if it is still being written.
 * A discarded record has a null address. It stays until ring_next().
 */
bool ring_peek(const struct ring *ring, uint64_t until, const uint8_t **record, uint32_t *length);
void ring_next(struct ring *ring);

#endif
