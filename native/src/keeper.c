#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Until it is tried again where there is no room, or a record is being written. */
#define PAUSE_MS 2

static bool set_aside(struct keeper *keeper) {
  bool all = true;
  keeper_lock(keeper);
  for (uint32_t index = 0; index < keeper->count; index++) all = ring_set_aside(keeper->rings[index]) && all;
  keeper_unlock(keeper);
  return all;
}

/* Sleeps until a ring holds much: what fills between two looks of the caller's costs a look of the keeper, all else none. */
static void *keep(void *argument) {
  struct keeper *keeper = argument;
  struct pollfd stops = {.fd = keeper->stops, .events = POLLIN};
  struct epoll_event woken;
  do {
    /* First, so that what comes while it looks wakes it again. */
    __atomic_store_n(keeper->wanted, 1, __ATOMIC_SEQ_CST);
    if (set_aside(keeper)) epoll_wait(keeper->waits, &woken, 1, -1);
    else poll(&stops, 1, PAUSE_MS);
  } while (poll(&stops, 1, 0) == 0);
  return NULL;
}

/* Edge by edge: a ring that holds something is not what is waited for. */
static int32_t wait_for(struct keeper *keeper, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  return epoll_ctl(keeper->waits, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : -errno;
}

static void close_all(struct keeper *keeper) {
  if (keeper->waits >= 0) close(keeper->waits);
  if (keeper->stops >= 0) close(keeper->stops);
}

static int32_t prepare(struct keeper *keeper, uint64_t bytes, const struct kept kept[], uint32_t count) {
  if (keeper->waits < 0 || keeper->stops < 0) return -errno;
  int32_t error = wait_for(keeper, keeper->stops);
  for (uint32_t index = 0; index < count && index < MAX_KEPT && !error; index++) {
    if (!ring_is_mapped(kept[index].ring)) continue;
    error = ring_reserve(kept[index].ring, bytes);
    if (!error) error = wait_for(keeper, kept[index].descriptor);
    keeper->rings[keeper->count++] = kept[index].ring;
  }
  return error;
}

int32_t keeper_start(struct keeper *keeper, uint64_t bytes, const struct kept kept[], uint32_t count, uint32_t *wanted) {
  if (bytes == 0) return 0;
  keeper->wanted = wanted;
  keeper->waits = epoll_create1(EPOLL_CLOEXEC);
  keeper->stops = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&keeper->lock, NULL);
  int error = -prepare(keeper, bytes, kept, count);
  if (!error) {
    /* Signals are for the threads of whoever has loaded the library. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    keeper->runs = true;
    error = pthread_create(&keeper->thread, NULL, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  if (error) {
    keeper->runs = false;
    close_all(keeper);
  }
  return -error;
}

void keeper_stop(struct keeper *keeper) {
  if (!keeper->runs) return;
  eventfd_write(keeper->stops, 1);
  pthread_join(keeper->thread, NULL);
  close_all(keeper);
  pthread_mutex_destroy(&keeper->lock);
  keeper->runs = false;
}

void keeper_lock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_lock(&keeper->lock);
}

void keeper_unlock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_unlock(&keeper->lock);
}
