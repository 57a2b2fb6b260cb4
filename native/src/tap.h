/* The state of a tap. */
#ifndef CRITRACE_TAP_H
#define CRITRACE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "critrace.h"
#include "endpoint.h"
#include "keeper.h"
#include "programs.h"
#include "refusals.h"
#include "ring.h"
#include "table.h"
#include "../bpf/shared.h"

/* Servers that are remembered: more than that were never there at once. */
#define MAX_SERVERS 16

/* Of a round: it has yet to begin; connections, bytes and events are told; then loads, then its end. */
enum phase { LOOKING, TELLING, CLOSING };

/* What is told before the next CRITRACE_RECORD_ROUND. */
struct round {
  enum phase phase;
  uint64_t until; /* position in the ring */
  uint64_t events_until;
  struct critrace_round told;
  uint64_t changed;  /* struct shared.changed, as of the last look at the table */
  uint32_t unlooked; /* rounds since */
  uint64_t looked_at; /* monotonic, nanoseconds */
  struct table sides;
  struct table loads;  /* what block devices have done */
  struct table totals; /* how processes were scheduled */
  uint64_t block_requests; /* of the family, as of the last round */
  bool asked_loads;        /* in the last round */
};

struct tap {
  struct critrace_tap_plan plan;
  struct programs programs;
  struct bpf_link *look, *place, *connections;
  struct bpf_link *servers, *adopt; /* NULL: no kernel events */
  struct bpf_link *load;            /* NULL: none of block devices */
  struct bpf_link *total;           /* NULL: none of scheduling */
  struct shared *shared;
  struct ring ring, events;
  struct refusals refusals;
  struct keeper keeper;
  struct critrace_process met[MAX_SERVERS];
  uint32_t next_met;
  struct endpoint endpoints[CRITRACE_MAX_ENDPOINTS];
  uint8_t *buffer;
  uint32_t buffer_size;
  bool attached;
  struct round round;
};

/* Lays out what comes next: critrace_tap_drain(). */
int32_t round_drain(struct tap *tap);

/* Of the records in the two rings. 0: a length that makes no sense. */
uint32_t round_data_length(const uint8_t *record, uint32_t room);
uint32_t round_event_length(const uint8_t *record, uint32_t room);

#endif
