/* The state of a tap. */
#ifndef CRITRACE_TAP_H
#define CRITRACE_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "critrace.h"
#include "programs.h"
#include "ring.h"
#include "../bpf/shared.h"

struct endpoint {
  char path[CRITRACE_PATH_BYTES];
  int directory; /* holds the kernel's view of it, so that its address means nothing else; -1: not found yet */
  dev_t device;
  ino_t inode;
  bool present;
  bool told;
};

enum phase { LOOKING, TELLING };

/* What is told before the next CRITRACE_RECORD_ROUND. */
struct round {
  enum phase phase;
  uint64_t until; /* position in the ring */
  struct critrace_round told;
  int looking; /* descriptor of the iterator; -1: the table was read */
  struct critrace_side pending[32];
  uint32_t pending_count, pending_next;
};

struct tap {
  struct critrace_tap_plan plan;
  struct programs programs;
  struct bpf_link *look, *place, *connections;
  struct shared *shared;
  struct ring ring;
  struct endpoint endpoints[CRITRACE_MAX_ENDPOINTS];
  uint8_t *buffer;
  uint32_t buffer_size;
  bool attached;
  struct round round;
};

/* Looks whether the socket came, went, or moved, and follows it. Costs one stat(2) when nothing has changed. */
int32_t endpoint_follow(struct tap *tap, uint32_t index);

/* Lays out what comes next: critrace_tap_drain(). */
int32_t round_drain(struct tap *tap);

#endif
