#include "ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each record has a header of 8 bytes, of which the first four hold its length and two flags, and is padded to 8. */
#define HEADER_BYTES 8u
#define LENGTH_MASK (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

int32_t ring_map(struct ring *ring, int descriptor, uint64_t size, ring_length *length_of) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  ring->size = size;
  ring->length_of = length_of;
  void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (consumer == MAP_FAILED) return -errno;
  /* The data is mapped twice in a row, so that a record never breaks at the end. */
  void *producer = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, descriptor, (off_t)page);
  if (producer == MAP_FAILED) {
    int error = errno;
    munmap(consumer, page);
    return -error;
  }
  ring->consumer = consumer;
  ring->producer = producer;
  ring->data = (const uint8_t *)producer + page;
  return 0;
}

void ring_unmap(struct ring *ring) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  if (ring->consumer != NULL) munmap((void *)ring->consumer, page);
  if (ring->producer != NULL) munmap((void *)ring->producer, page + 2 * ring->size);
  if (ring->aside != NULL) munmap(ring->aside, ring->aside_size);
  ring->aside = NULL;
  ring->from = ring->to = 0;
  ring->consumer = NULL;
  ring->producer = NULL;
}

uint64_t ring_produced(const struct ring *ring) {
  return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static uint32_t header_at(const struct ring *ring, uint64_t position) {
  return __atomic_load_n((const uint32_t *)(ring->data + (position & (ring->size - 1))), __ATOMIC_ACQUIRE);
}

/* Stands before each record that was set aside; padded to 8 with it. */
struct mark {
  uint64_t position;
  uint32_t length;
  uint32_t unused;
};

/* So little of the memory for records set aside is kept for ever. */
#define KEPT_BYTES (1u << 20)

/* To take memory from the kernel costs more than to copy into it, and the next burst is seldom far behind. */
#define KEPT_NS 10000000000u

int32_t ring_reserve(struct ring *ring, uint64_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  ring->aside = memory;
  ring->aside_size = size;
  return 0;
}

static bool has_aside(const struct ring *ring) {
  return ring->from < ring->to;
}

static const struct mark *first_aside(const struct ring *ring) {
  return (const struct mark *)(const void *)(ring->aside + ring->from);
}

static uint64_t size_aside(uint32_t length) {
  return sizeof(struct mark) + ((length + 7u) & ~7u);
}

static bool peek_ring(const struct ring *ring, uint64_t until, const uint8_t **record, uint32_t *length) {
  uint64_t position = *ring->consumer;
  if (position >= until) return false;
  uint32_t header = header_at(ring, position);
  if (header & BPF_RINGBUF_BUSY_BIT) return false;
  *record = header & BPF_RINGBUF_DISCARD_BIT ? NULL : ring->data + (position & (ring->size - 1)) + HEADER_BYTES;
  *length = *record == NULL ? 0 : ring->length_of(*record, header & LENGTH_MASK);
  return true;
}

static void next_ring(struct ring *ring) {
  uint64_t position = *ring->consumer;
  uint32_t length = header_at(ring, position) & LENGTH_MASK;
  __atomic_store_n(ring->consumer, position + ((length + HEADER_BYTES + 7u) & ~7u), __ATOMIC_RELEASE);
}

bool ring_set_aside(struct ring *ring) {
  uint64_t until = ring_produced(ring);
  if (until - *ring->consumer < ring_much(ring)) return true;
  const uint8_t *record;
  uint32_t length;
  for (; peek_ring(ring, until, &record, &length); next_ring(ring)) {
    if (record == NULL) continue;
    if (size_aside(length) > ring->aside_size - ring->to) break;
    struct mark mark = {.position = *ring->consumer, .length = length};
    memcpy(ring->aside + ring->to, &mark, sizeof mark);
    memcpy(ring->aside + ring->to + sizeof mark, record, length);
    ring->to += size_aside(length);
    ring->used = true;
  }
  if (ring->to > ring->taken) ring->taken = ring->to;
  return until - *ring->consumer < ring_much(ring);
}

uint64_t ring_consumed(const struct ring *ring) {
  return has_aside(ring) ? first_aside(ring)->position : *ring->consumer;
}

bool ring_peek(const struct ring *ring, uint64_t until, const uint8_t **record, uint32_t *length) {
  if (!has_aside(ring)) return peek_ring(ring, until, record, length);
  const struct mark *mark = first_aside(ring);
  if (mark->position >= until) return false;
  *length = mark->length;
  *record = ring->aside + ring->from + sizeof *mark;
  return true;
}

void ring_next(struct ring *ring) {
  if (!has_aside(ring)) {
    next_ring(ring);
    return;
  }
  ring->from += size_aside(first_aside(ring)->length);
  if (!has_aside(ring)) ring->from = ring->to = 0;
}

void ring_rest(struct ring *ring, uint64_t now) {
  if (ring->used || has_aside(ring)) ring->used_at = now;
  ring->used = false;
  if (ring->taken <= KEPT_BYTES || now - ring->used_at < KEPT_NS) return;
  madvise(ring->aside, ring->taken, MADV_DONTNEED);
  ring->taken = 0;
}
