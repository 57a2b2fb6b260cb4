/* Rounds: what has changed of connections, then the bytes that were read before the round began, then its end. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "tap.h"

_Static_assert(sizeof(struct critrace_side) % 8 == 0 && sizeof(struct critrace_data) % 8 == 0, "records are aligned");
_Static_assert(sizeof(struct critrace_endpoint) % 8 == 0 && sizeof(struct critrace_round) % 8 == 0, "records are aligned");

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The buffer as it is filled. */
struct output {
  uint8_t *to;
  uint32_t size, used;
};

static bool put(struct output *output, const void *record, uint32_t size) {
  if (output->used + size > output->size) return false;
  memcpy(output->to + output->used, record, size);
  output->used += size;
  return true;
}

static int32_t begin(struct tap *tap) {
  struct round *round = &tap->round;
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) endpoint_follow(tap, index);
  /* In this order: every byte before `until` belongs to a connection that the table shows. */
  round->until = ring_produced(&tap->ring);
  round->told = (struct critrace_round){
      .size = sizeof round->told,
      .kind = CRITRACE_RECORD_ROUND,
      .ring_bytes = round->until - ring_consumed(&tap->ring),
  };
  round->looking = bpf_iter_create(bpf_link__fd(tap->look));
  if (round->looking < 0) return critrace_fault(-errno, "the table of connections cannot be read: %s", strerror(errno));
  round->pending_count = round->pending_next = 0;
  round->phase = TELLING;
  return 0;
}

/* The buffer is larger than all of these. */
static void tell_endpoints(struct tap *tap, struct output *output) {
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) {
    struct endpoint *endpoint = &tap->endpoints[index];
    if (endpoint->told == endpoint->present) continue;
    endpoint->told = endpoint->present;
    struct critrace_endpoint record = {
        .size = sizeof record, .kind = CRITRACE_RECORD_ENDPOINT, .endpoint = index, .watched = endpoint->present};
    put(output, &record, sizeof record);
  }
}

/* The next side of the table; false at its end. */
static bool next_side(struct round *round, const struct critrace_side **side) {
  while (round->pending_next == round->pending_count) {
    if (round->looking < 0) return false;
    ssize_t got = read(round->looking, round->pending, sizeof round->pending);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      close(round->looking);
      round->looking = -1;
      return false;
    }
    round->pending_count = (uint32_t)got / sizeof round->pending[0];
    round->pending_next = 0;
  }
  *side = &round->pending[round->pending_next];
  return true;
}

/* 1: all told, 0: no more room, else a negative errno. */
static int32_t tell_bytes(struct tap *tap, struct output *output) {
  const uint8_t *from;
  uint32_t room;
  for (; ring_peek(&tap->ring, tap->round.until, &from, &room); ring_next(&tap->ring)) {
    if (from == NULL) continue;
    struct critrace_data data;
    if (room < sizeof data) return critrace_fault(-EPROTO, "the ring makes no sense");
    memcpy(&data, from, sizeof data);
    if (data.length > room - sizeof data) return critrace_fault(-EPROTO, "the ring makes no sense");
    data.size = (uint32_t)((sizeof data + data.length + 7u) & ~7u);
    if (data.size > output->size - output->used) return 0;
    memcpy(output->to + output->used, &data, sizeof data);
    memcpy(output->to + output->used + sizeof data, from + sizeof data, data.length);
    output->used += data.size;
  }
  /* A record before `until` is still being written: this takes no longer than a copy. */
  return ring_consumed(&tap->ring) >= tap->round.until;
}

int32_t round_drain(struct tap *tap) {
  struct round *round = &tap->round;
  struct output output = {.to = tap->buffer, .size = tap->buffer_size};
  if (round->phase == LOOKING) {
    int32_t error = begin(tap);
    if (error) return error;
    tell_endpoints(tap, &output);
  }
  const struct critrace_side *side;
  for (; next_side(round, &side); round->pending_next++)
    if (!put(&output, side, sizeof *side)) return (int32_t)output.used;
  int32_t result = tell_bytes(tap, &output);
  if (result < 0) return result;
  if (result == 0) return (int32_t)output.used;

  const volatile struct shared *shared = tap->shared;
  round->told.at = now();
  round->told.lost_records = shared->lost_records;
  round->told.lost_bytes = shared->lost_bytes;
  round->told.table_full = shared->table_full;
  round->told.uncertain = shared->uncertain;
  if (put(&output, &round->told, sizeof round->told)) round->phase = LOOKING;
  return (int32_t)output.used;
}
