/*
 * A thread that looks after the rings while the caller does not: a stalled event loop would cost all that the kernel has
 * no room for. It sets aside what they hold; the caller finds it when it drains again.
 */
#ifndef CRITRACE_KEEPER_H
#define CRITRACE_KEEPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

#define MAX_KEPT 2

struct keeper {
  pthread_t thread;
  pthread_mutex_t lock; /* on the rings */
  struct ring *rings[MAX_KEPT];
  uint32_t count;
  int waits; /* an epoll instance: of the rings, and of `stops` */
  int stops; /* an eventfd */
  int alarm[2]; /* a pipe: something is written where a ring held much */
  uint32_t *wanted;
  bool runs;
};

/* What a ring is to the keeper: it is woken through the descriptor. */
struct kept {
  struct ring *ring;
  int descriptor;
};

/*
 * 0 or a negative errno. `bytes` is what may be set aside of each ring; 0: nothing is. In `wanted` it says that it wants to
 * be woken when a ring holds much.
 */
int32_t keeper_start(struct keeper *keeper, uint64_t bytes, const struct kept kept[], uint32_t count, uint32_t *wanted);
void keeper_stop(struct keeper *keeper);

/*
 * Wants to be woken again: for whoever has drained the rings, too. An empty ring does not wake, so who was to be woken by
 * what is drained already sleeps on, and has taken its want for granted.
 */
void keeper_want(const struct keeper *keeper);

/* A descriptor of its own for the caller, to read from; or a negative errno. */
int32_t keeper_alarm(const struct keeper *keeper);

/* Around each use of the rings. */
void keeper_lock(struct keeper *keeper);
void keeper_unlock(struct keeper *keeper);

#endif
