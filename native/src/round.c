/* Rounds: what has changed of connections, then the bytes that were read before the round began, then its end. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "family.h"
#include "fault.h"
#include "refusals.h"
#include "tap.h"

_Static_assert(sizeof(struct critrace_side) % 8 == 0 && sizeof(struct critrace_data) % 8 == 0, "records are aligned");
_Static_assert(sizeof(struct critrace_endpoint) % 8 == 0 && sizeof(struct critrace_round) % 8 == 0, "records are aligned");

/*
 * The table of connections is walked, all of its 4096 places, so seldom when nobody is new in it or has ended: by rounds and by
 * time.
 */
#define LOOK_EVERY 4
#define LOOK_EVERY_NS 900000000u

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
  bool moved = false;
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) {
    endpoint_follow(tap, index);
    moved = moved || tap->endpoints[index].moved;
    tap->endpoints[index].moved = false;
  }
  if (moved) family_search(tap);
  /* In this order: a connect that failed is told before what comes after it, every byte before `until` belongs to a
     connection that the table shows. */
  refusals_collect(tap);
  keeper_lock(&tap->keeper);
  uint64_t time = now();
  ring_rest(&tap->ring, time);
  ring_rest(&tap->events, time);
  round->until = ring_produced(&tap->ring);
  round->events_until = ring_is_mapped(&tap->events) ? ring_produced(&tap->events) : 0;
  round->told = (struct critrace_round){
      .size = sizeof round->told,
      .kind = CRITRACE_RECORD_ROUND,
      .ring_bytes = round->until - ring_consumed(&tap->ring),
  };
  keeper_unlock(&tap->keeper);
  round->phase = TELLING;
  /* After `until`: who has bytes before it was entered before. Closes and losses can wait for a round. */
  uint64_t changed = ((const volatile struct shared *)tap->shared)->changed;
  if (changed == round->changed && ++round->unlooked < LOOK_EVERY && time - round->looked_at < LOOK_EVERY_NS) return 0;
  round->changed = changed;
  round->unlooked = 0;
  round->looked_at = time;
  int32_t error = table_begin(&round->sides, tap->look, sizeof(struct critrace_side));
  if (error) return critrace_fault(error, "the table of connections cannot be read: %s", strerror(-error));
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

/* What a ring has next. */
struct next {
  const uint8_t *record; /* NULL: nothing more before the round's end */
  uint32_t length;       /* bytes that mean something */
  uint64_t at;
};

uint32_t round_data_length(const uint8_t *record, uint32_t room) {
  struct critrace_data data;
  if (room < sizeof data) return 0;
  memcpy(&data, record, sizeof data);
  uint32_t bytes = data.kind == CRITRACE_RECORD_DATA ? data.length : 0;
  return bytes > room - sizeof data ? 0 : (uint32_t)sizeof data + bytes;
}

uint32_t round_event_length(const uint8_t *record, uint32_t room) {
  (void)record;
  return room;
}

/* 0, or a negative errno where lengths make no sense. Discarded records are passed over. */
static int32_t next_bytes(struct tap *tap, struct next *next) {
  struct critrace_data data;
  for (next->record = NULL; ring_peek(&tap->ring, tap->round.until, &next->record, &next->length); ring_next(&tap->ring)) {
    if (next->record == NULL) continue;
    if (next->length < sizeof data) return -EPROTO;
    memcpy(&data, next->record, sizeof data);
    next->at = data.at;
    return 0;
  }
  next->record = NULL;
  return 0;
}

static int32_t next_event(struct tap *tap, struct next *next) {
  next->record = NULL;
  if (!ring_is_mapped(&tap->events) || !ring_peek(&tap->events, tap->round.events_until, &next->record, &next->length)) {
    next->record = NULL;
    return 0;
  }
  struct critrace_event event;
  if (next->record == NULL || next->length < sizeof event) return -EPROTO;
  memcpy(&event, next->record, sizeof event);
  next->at = event.at;
  return 0;
}

/* Pads with zeros, so that nothing else leaves. */
static bool put_next(struct output *output, const struct next *next) {
  uint32_t size = (next->length + 7u) & ~7u;
  if (size > output->size - output->used) return false;
  uint8_t *to = output->to + output->used;
  memcpy(to, next->record, next->length);
  memset(to + next->length, 0, size - next->length);
  memcpy(to, &size, sizeof size);
  output->used += size;
  return true;
}

static void next_refusal(const struct tap *tap, struct next *next) {
  const struct critrace_refusal *record = refusals_peek(&tap->refusals);
  *next = (struct next){.record = (const uint8_t *)record, .length = sizeof *record, .at = record == NULL ? 0 : record->at};
}

static const struct next *earlier(const struct next *one, const struct next *other) {
  return other->record == NULL || (one->record != NULL && one->at <= other->at) ? one : other;
}

/* All in the order of time. 1: all told, 0: no more room, else a negative errno. */
static int32_t tell_rings(struct tap *tap, struct output *output) {
  for (;;) {
    struct next bytes, event, refusal;
    if (next_bytes(tap, &bytes) || next_event(tap, &event)) return critrace_fault(-EPROTO, "the ring makes no sense");
    next_refusal(tap, &refusal);
    const struct next *first = earlier(earlier(&bytes, &event), &refusal);
    if (first->record == NULL) break;
    if (!put_next(output, first)) return 0;
    if (first == &refusal) refusals_next(&tap->refusals);
    else ring_next(first == &bytes ? &tap->ring : &tap->events);
  }
  /* A record before `until` is still being written: this takes no longer than a copy. */
  return ring_consumed(&tap->ring) >= tap->round.until &&
         (!ring_is_mapped(&tap->events) || ring_consumed(&tap->events) >= tap->round.events_until);
}

static int32_t tell_happened(struct tap *tap, struct output *output) {
  keeper_lock(&tap->keeper);
  int32_t result = tell_rings(tap, output);
  keeper_unlock(&tap->keeper);
  return result;
}

/* The walk is over: what it found closed has no place in the table any more. */
static void forget_gone(const struct tap *tap) {
  struct side_key key;
  int gone = programs_map(&tap->programs, "gone"), sides = programs_map(&tap->programs, "sides");
  while (bpf_map_lookup_and_delete_elem(gone, NULL, &key) == 0) bpf_map_delete_elem(sides, &key);
}

/* 1: all told, 0: no more room, else a negative errno. */
static int32_t tell_sides(struct tap *tap, struct output *output) {
  const struct critrace_side *side;
  for (; (side = table_peek(&tap->round.sides)) != NULL; table_next(&tap->round.sides)) {
    family_meet(tap, &side->server);
    if (!put(output, side, sizeof *side)) return 0;
  }
  if (tap->round.unlooked == 0) forget_gone(tap);
  return 1;
}

/*
 * Nobody asks while the family has no requests. What others had until then is dropped by the first round that asks, and
 * told by those that follow.
 */
static void begin_loads(struct tap *tap) {
  if (tap->load == NULL) return;
  volatile struct shared *shared = tap->shared;
  uint64_t requests = shared->block_requests;
  bool asks = requests != tap->round.block_requests;
  if (asks) {
    shared->tell_others = tap->round.asked_loads;
    table_begin(&tap->round.loads, tap->load, sizeof(struct critrace_block_io));
  }
  tap->round.asked_loads = asks;
  tap->round.block_requests = requests;
}

/* What an iterator has written out. */
static int32_t tell_table(struct table *table, struct output *output) {
  const void *record;
  for (; (record = table_peek(table)) != NULL; table_next(table))
    if (!put(output, record, table->record_bytes)) return 0;
  return 1;
}

static int32_t tell_sums(struct tap *tap, struct output *output) {
  struct round *round = &tap->round;
  if (round->asked_loads && !tell_table(&round->loads, output)) return 0;
  return tap->total == NULL || tell_table(&round->totals, output);
}

static int32_t tell_end(struct tap *tap, struct output *output) {
  const volatile struct shared *shared = tap->shared;
  struct critrace_round *told = &tap->round.told;
  told->at = now();
  told->lost_records = shared->lost_records;
  told->lost_bytes = shared->lost_bytes;
  told->table_full = shared->table_full;
  told->uncertain = shared->uncertain;
  told->lost_events = shared->lost_events;
  told->family_full = shared->family_full;
  told->refused_full = shared->refused_full;
  return put(output, told, sizeof *told);
}

int32_t round_drain(struct tap *tap) {
  struct round *round = &tap->round;
  struct output output = {.to = tap->buffer, .size = tap->buffer_size};
  int32_t done = 1;
  if (round->phase == LOOKING) {
    int32_t error = begin(tap);
    if (error) return error;
    tell_endpoints(tap, &output);
  }
  if (round->phase == TELLING) {
    done = tell_sides(tap, &output);
    if (done > 0) done = tell_happened(tap, &output);
    if (done > 0) {
      begin_loads(tap);
      if (tap->total != NULL) table_begin(&round->totals, tap->total, sizeof(struct critrace_scheduling));
      round->phase = CLOSING;
    }
  }
  if (done > 0) done = tell_sums(tap, &output);
  if (done > 0) done = tell_end(tap, &output);
  if (done > 0) round->phase = LOOKING;
  keeper_want(&tap->keeper);
  return done < 0 ? done : (int32_t)output.used;
}
