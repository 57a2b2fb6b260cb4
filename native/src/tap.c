/* The tap's life: opened with a plan, attached to the kernel, drained, closed. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "family.h"
#include "fault.h"
#include "tap.h"

_Static_assert(sizeof(struct shared) <= 4096, "it is mapped as one page");

static struct tap *the_tap;

static bool is_ring_size(uint32_t bytes) {
  return bytes >= (uint32_t)sysconf(_SC_PAGESIZE) && (bytes & (bytes - 1)) == 0;
}

static int32_t check(const struct critrace_tap_plan *plan, const uint8_t *buffer, uint32_t size) {
  if (plan == NULL || buffer == NULL) return critrace_fault(-EFAULT, "no plan or no buffer");
  if (plan->size != sizeof *plan || plan->version != CRITRACE_ABI_VERSION)
    return critrace_fault(-EINVAL, "the plan is of ABI version %u, this library has %d", plan->version, CRITRACE_ABI_VERSION);
  if (plan->endpoints == 0 || plan->endpoints > CRITRACE_MAX_ENDPOINTS || !is_ring_size(plan->ring_bytes) ||
      !is_ring_size(plan->event_ring_bytes) || plan->max_connections == 0 || plan->max_connections > UINT32_MAX / 2 ||
      plan->max_processes == 0 || size < 2 * (sizeof(struct critrace_data) + HUGE_BYTES) || size > INT32_MAX ||
      ((uintptr_t)buffer & 7) != 0)
    return critrace_fault(-EINVAL, "the plan of the tap makes no sense");
  for (uint32_t index = 0; index < plan->endpoints; index++)
    if (memchr(plan->paths[index], '\0', CRITRACE_PATH_BYTES) == NULL || plan->paths[index][0] == '\0')
      return critrace_fault(-EINVAL, "the path of endpoint %u is empty or too long", index);
  return 0;
}

int32_t critrace_tap_open(const struct critrace_tap_plan *plan, uint8_t *buffer, uint32_t size) {
  if (the_tap != NULL) return critrace_fault(-EBUSY, "this process has a tap already");
  int32_t error = check(plan, buffer, size);
  if (error) return error;
  struct tap *tap = calloc(1, sizeof *tap);
  if (tap == NULL) return critrace_fault(-ENOMEM, "no memory for the tap");
  tap->plan = *plan;
  const uint32_t of_calls = CRITRACE_PART_BYTES | CRITRACE_PART_WRITES | CRITRACE_PART_CONNECTS;
  if (tap->plan.parts & ~of_calls) tap->plan.parts |= CRITRACE_PART_FAMILY;
  tap->plan.parts |= of_calls;
  tap->round.sides.descriptor = tap->round.loads.descriptor = tap->round.totals.descriptor = -1;
  tap->round.changed = UINT64_MAX; /* the first round looks */
  tap->buffer = buffer;
  tap->buffer_size = size;
  for (uint32_t index = 0; index < plan->endpoints; index++) {
    memcpy(tap->endpoints[index].path, plan->paths[index], CRITRACE_PATH_BYTES);
    tap->endpoints[index].file = tap->endpoints[index].awaiting.below = -1;
  }
  the_tap = tap;
  return 0;
}

static int32_t map_memory(struct tap *tap) {
  void *mapped = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
                      programs_map(&tap->programs, "shared"), 0);
  if (mapped == MAP_FAILED) return critrace_fault(-errno, "the tap's memory cannot be mapped: %s", strerror(errno));
  tap->shared = mapped;
  tap->shared->parts = tap->plan.parts;
  tap->shared->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
  int32_t error = ring_map(&tap->ring, programs_map(&tap->programs, "ring"), tap->plan.ring_bytes,
                           round_data_length);
  if (!error && programs_attached(&tap->programs, "family"))
    error = ring_map(&tap->events, programs_map(&tap->programs, "events"), tap->plan.event_ring_bytes,
                     round_event_length);
  return error ? critrace_fault(error, "the ring cannot be mapped: %s", strerror(-error)) : 0;
}

static int32_t attach_iterators(struct tap *tap) {
  union bpf_iter_link_info table = {.map = {.map_fd = (uint32_t)programs_map(&tap->programs, "sides")}};
  LIBBPF_OPTS(bpf_iter_attach_opts, of_table, .link_info = &table, .link_info_len = sizeof table);
  union bpf_iter_link_info self = {.task = {.pid = (uint32_t)getpid()}};
  LIBBPF_OPTS(bpf_iter_attach_opts, of_self, .link_info = &self, .link_info_len = sizeof self);
  tap->look = programs_iterator(&tap->programs, "look", "look", &of_table);
  tap->place = programs_iterator(&tap->programs, "files", "place", &of_self);
  /* Before 6.1 an iterator cannot be kept to one process: the program looks for itself. */
  if (tap->place == NULL) tap->place = programs_iterator(&tap->programs, "files", "place", NULL);
  if (tap->look != NULL && tap->place != NULL)
    tap->connections = programs_iterator(&tap->programs, "files", "connections", NULL);
  bool made = tap->connections != NULL;
  if (made && programs_attached(&tap->programs, "family")) {
    tap->servers = programs_iterator(&tap->programs, "family", "servers", NULL);
    if (tap->servers != NULL) tap->adopt = programs_iterator(&tap->programs, "family", "adopt", NULL);
    made = tap->adopt != NULL;
  }
  if (made && programs_attached(&tap->programs, "block")) {
    union bpf_iter_link_info sums = {.map = {.map_fd = (uint32_t)programs_map(&tap->programs, "sums")}};
    LIBBPF_OPTS(bpf_iter_attach_opts, of_sums, .link_info = &sums, .link_info_len = sizeof sums);
    tap->load = programs_iterator(&tap->programs, "block", "load", &of_sums);
    made = tap->load != NULL;
  }
  if (made && programs_attached(&tap->programs, "sched")) {
    union bpf_iter_link_info waits = {.map = {.map_fd = (uint32_t)programs_map(&tap->programs, "waits")}};
    LIBBPF_OPTS(bpf_iter_attach_opts, of_waits, .link_info = &waits, .link_info_len = sizeof waits);
    tap->total = programs_iterator(&tap->programs, "sched", "total", &of_waits);
    made = tap->total != NULL;
  }
  if (made) return 0;
  int32_t error = -errno;
  return critrace_fault(error, "the kernel's tables cannot be walked: %s", strerror(-error));
}

int32_t critrace_tap_attach(void) {
  struct tap *tap = the_tap;
  if (tap == NULL) return critrace_fault(-EBADF, "there is no tap");
  if (tap->attached) return 0;
  if (tap->shared != NULL) return critrace_fault(-EBADF, "the tap could not be attached before");
  /* A signal that waits makes the verifier give up (-EAGAIN): those of a profiler come faster than it is through. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int32_t error = programs_start(&tap->programs, &tap->plan);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!error) error = map_memory(tap);
  if (!error) error = attach_iterators(tap);
  for (uint32_t index = 0; !error && index < tap->plan.endpoints; index++) {
    error = endpoint_follow(tap, index);
    if (error) critrace_fault(error, "cannot look through open files: %s", strerror(-error));
  }
  if (!error) error = family_search(tap);
  if (!error) {
    const struct kept rings[] = {{&tap->ring, programs_map(&tap->programs, "ring")},
                                 {&tap->events, programs_map(&tap->programs, "events")}};
    tap->shared->wake_bytes = ring_much(&tap->ring);
    tap->shared->wake_event_bytes = ring_much(&tap->events);
    error = keeper_start(&tap->keeper, tap->plan.aside_bytes, rings, 2, &tap->shared->wake_wanted);
    if (error) critrace_fault(error, "the thread that looks after the rings: %s", strerror(-error));
  }
  tap->attached = error == 0;
  return error;
}

int32_t critrace_tap_program(uint32_t index, struct critrace_program *program) {
  if (the_tap == NULL) return critrace_fault(-EBADF, "there is no tap");
  if (program == NULL) return critrace_fault(-EFAULT, "no room for a program");
  if (index >= PROGRAM_COUNT) return -ENOENT;
  *program = the_tap->programs.all[index].told;
  return 0;
}

int32_t critrace_tap_drain(void) {
  if (the_tap == NULL || !the_tap->attached) return critrace_fault(-EBADF, "there is no tap at work");
  return round_drain(the_tap);
}

int32_t critrace_tap_alarm(void) {
  if (the_tap == NULL || !the_tap->attached) return critrace_fault(-EBADF, "there is no tap at work");
  int32_t alarm = keeper_alarm(&the_tap->keeper);
  return alarm < 0 ? critrace_fault(alarm, "no thread looks after the rings") : alarm;
}

int32_t critrace_tap_close(void) {
  struct tap *tap = the_tap;
  if (tap == NULL) return 0;
  the_tap = NULL;
  keeper_stop(&tap->keeper);
  table_end(&tap->round.sides);
  table_end(&tap->round.loads);
  table_end(&tap->round.totals);
  bpf_link__destroy(tap->look);
  bpf_link__destroy(tap->place);
  bpf_link__destroy(tap->connections);
  bpf_link__destroy(tap->servers);
  bpf_link__destroy(tap->adopt);
  bpf_link__destroy(tap->load);
  bpf_link__destroy(tap->total);
  ring_unmap(&tap->ring);
  ring_unmap(&tap->events);
  if (tap->shared != NULL) munmap(tap->shared, (size_t)sysconf(_SC_PAGESIZE));
  programs_stop(&tap->programs);
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) endpoint_end(&tap->endpoints[index]);
  free(tap);
  return 0;
}
