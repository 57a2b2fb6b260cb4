#include "ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each record has a header of 8 bytes, of which the first four hold its length and two flags, and is padded to 8. */
#define HEADER_BYTES 8u
#define LENGTH_MASK (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

int32_t ring_map(struct ring *ring, int descriptor, uint64_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  ring->size = size;
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
  ring->consumer = NULL;
  ring->producer = NULL;
}

uint64_t ring_produced(const struct ring *ring) {
  return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

uint64_t ring_consumed(const struct ring *ring) {
  return *ring->consumer;
}

static uint32_t header_at(const struct ring *ring, uint64_t position) {
  return __atomic_load_n((const uint32_t *)(ring->data + (position & (ring->size - 1))), __ATOMIC_ACQUIRE);
}

bool ring_peek(const struct ring *ring, uint64_t until, const uint8_t **record, uint32_t *length) {
  uint64_t position = *ring->consumer;
  if (position >= until) return false;
  uint32_t header = header_at(ring, position);
  if (header & BPF_RINGBUF_BUSY_BIT) return false;
  *length = header & LENGTH_MASK;
  *record = header & BPF_RINGBUF_DISCARD_BIT ? NULL : ring->data + (position & (ring->size - 1)) + HEADER_BYTES;
  return true;
}

void ring_next(struct ring *ring) {
  uint64_t position = *ring->consumer;
  uint32_t length = header_at(ring, position) & LENGTH_MASK;
  __atomic_store_n(ring->consumer, position + ((length + HEADER_BYTES + 7u) & ~7u), __ATOMIC_RELEASE);
}
