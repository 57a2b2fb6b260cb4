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
  pthread_cond_t stopping;
  struct ring *rings[MAX_KEPT];
  uint32_t count;
  bool runs, stops;
};

/* 0 or a negative errno. `bytes` is what may be set aside of each ring; 0: nothing is. */
int32_t keeper_start(struct keeper *keeper, uint64_t bytes, struct ring *const rings[], uint32_t count);
void keeper_stop(struct keeper *keeper);

/* Around each use of the rings. */
void keeper_lock(struct keeper *keeper);
void keeper_unlock(struct keeper *keeper);

#endif
