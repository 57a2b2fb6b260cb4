#include "keeper.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

/* A ring of 8 MiB is half full after this at 200 MB/s. */
#define PACE_NS 20000000

static void *keep(void *argument) {
  struct keeper *keeper = argument;
  pthread_mutex_lock(&keeper->lock);
  while (!keeper->stops) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PACE_NS;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    pthread_cond_timedwait(&keeper->stopping, &keeper->lock, &until);
    for (uint32_t index = 0; index < keeper->count; index++) ring_set_aside(keeper->rings[index]);
  }
  pthread_mutex_unlock(&keeper->lock);
  return NULL;
}

int32_t keeper_start(struct keeper *keeper, uint64_t bytes, struct ring *const rings[], uint32_t count) {
  if (bytes == 0) return 0;
  for (uint32_t index = 0; index < count && index < MAX_KEPT; index++) {
    if (!ring_is_mapped(rings[index])) continue;
    int32_t error = ring_reserve(rings[index], bytes);
    if (error) return error;
    keeper->rings[keeper->count++] = rings[index];
  }
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_mutex_init(&keeper->lock, NULL);
  pthread_cond_init(&keeper->stopping, &clock);
  pthread_condattr_destroy(&clock);
  /* Signals are for the threads of whoever has loaded the library. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&keeper->thread, NULL, keep, keeper);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  keeper->runs = error == 0;
  return -error;
}

void keeper_stop(struct keeper *keeper) {
  if (!keeper->runs) return;
  pthread_mutex_lock(&keeper->lock);
  keeper->stops = true;
  pthread_cond_signal(&keeper->stopping);
  pthread_mutex_unlock(&keeper->lock);
  pthread_join(keeper->thread, NULL);
  pthread_cond_destroy(&keeper->stopping);
  pthread_mutex_destroy(&keeper->lock);
  keeper->runs = false;
}

void keeper_lock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_lock(&keeper->lock);
}

void keeper_unlock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_unlock(&keeper->lock);
}
