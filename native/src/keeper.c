#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * It runs for as long as a copy takes, and seldom: where others wait for a processor it must not wait with them. With the
 * lowest of the real-time priorities it gets one at once; where those are not allowed, sooner than most.
 */
#define REAL_TIME_PRIORITY 1
#define NICE -10

/* Until it is tried again where there is no room, or a record is being written. */
#define PAUSE_MS 2

void keeper_want(const struct keeper *keeper) {
  if (keeper->runs) __atomic_store_n(keeper->wanted, 1, __ATOMIC_SEQ_CST);
}

static bool set_aside(struct keeper *keeper) {
  bool all = true;
  keeper_lock(keeper);
  for (uint32_t index = 0; index < keeper->count; index++) all = ring_set_aside(keeper->rings[index]) && all;
  keeper_unlock(keeper);
  return all;
}

/* Where the pipe is full, the caller has not heard the last one yet. */
static void raise_alarm(const struct keeper *keeper) {
  ssize_t written = write(keeper->alarm[1], "", 1);
  (void)written;
}

/* Of this thread only, and not of what it may start. */
static void hurry(void) {
  const struct sched_param real_time = {.sched_priority = REAL_TIME_PRIORITY};
  if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &real_time) == 0) return;
  setpriority(PRIO_PROCESS, 0, NICE); /* where that is not allowed either it goes without */
}

/* Sleeps until a ring holds much: what fills between two looks of the caller's costs a look of the keeper, all else none. */
static void *keep(void *argument) {
  struct keeper *keeper = argument;
  struct pollfd stops = {.fd = keeper->stops, .events = POLLIN};
  struct epoll_event woken;
  hurry();
  for (;;) {
    /* First, so that what comes while it looks is not missed. */
    keeper_want(keeper);
    if (!set_aside(keeper)) poll(&stops, 1, PAUSE_MS);
    else if (__atomic_load_n(keeper->wanted, __ATOMIC_SEQ_CST)) epoll_wait(keeper->waits, &woken, 1, -1);
    if (poll(&stops, 1, 0) != 0) break;
    raise_alarm(keeper);
  }
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
  for (int end = 0; end < 2; end++)
    if (keeper->alarm[end] >= 0) close(keeper->alarm[end]);
}

/* Whoever holds the rings while the keeper waits for them is as urgent as it is. */
static void make_lock(pthread_mutex_t *lock) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

static int32_t prepare(struct keeper *keeper, uint64_t bytes, const struct kept kept[], uint32_t count) {
  if (keeper->waits < 0 || keeper->stops < 0 || pipe2(keeper->alarm, O_NONBLOCK | O_CLOEXEC) != 0) return -errno;
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
  keeper->alarm[0] = keeper->alarm[1] = -1;
  keeper->waits = epoll_create1(EPOLL_CLOEXEC);
  keeper->stops = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  make_lock(&keeper->lock);
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

int32_t keeper_alarm(const struct keeper *keeper) {
  if (!keeper->runs) return -ENOENT;
  int alarm = fcntl(keeper->alarm[0], F_DUPFD_CLOEXEC, 0);
  return alarm < 0 ? -errno : alarm;
}

void keeper_lock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_lock(&keeper->lock);
}

void keeper_unlock(struct keeper *keeper) {
  if (keeper->runs) pthread_mutex_unlock(&keeper->lock);
}
