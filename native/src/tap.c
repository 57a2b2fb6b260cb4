/* The tap: loads the programs of native/bpf, keeps watched sockets found, and lays out what they tell, round by round. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "critrace.h"
#include "fault.h"
#include "objects.h"
#include "ring.h"
#include "../bpf/shared.h"

_Static_assert(sizeof(struct critrace_side) % 8 == 0 && sizeof(struct critrace_data) % 8 == 0, "records are aligned");
_Static_assert(sizeof(struct critrace_endpoint) % 8 == 0 && sizeof(struct critrace_round) % 8 == 0, "records are aligned");

struct endpoint {
  char path[CRITRACE_PATH_BYTES];
  int directory; /* holds the kernel's view of it, so that its address means nothing else; -1: not found yet */
  dev_t device;
  ino_t inode;
  bool present;
  bool told;
};

enum object { COPY, READ, FILES, LOOK, OBJECTS };

enum phase { LOOKING, TELLING };

struct tap {
  struct bpf_object *objects[OBJECTS];
  struct bpf_link *copy, *read, *look;
  struct shared *shared;
  struct ring ring;
  struct endpoint endpoints[CRITRACE_MAX_ENDPOINTS];
  uint32_t endpoint_count;
  uint8_t *buffer;
  uint32_t buffer_size;
  bool attached;
  /* Of the round under way. */
  enum phase phase;
  uint64_t until;
  struct critrace_round round;
  int looking; /* descriptor of the iterator; -1: the table was read */
  struct critrace_side pending[32];
  uint32_t pending_count, pending_next;
};

static struct tap *the_tap;

/* What libbpf and the kernel's verifier have to say while something is loaded. */
static int keep_words(enum libbpf_print_level level, const char *format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[2048];
  vsnprintf(line, sizeof line, format, arguments);
  critrace_fault_detail("%s", line);
  return 0;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static const char *remedy(int32_t error) {
  switch (error) {
    case -EPERM:
    case -EACCES:
      return "it takes root, or CAP_BPF and CAP_PERFMON, and a kernel that is not locked down for confidentiality";
    case -ENOENT:
    case -ESRCH:
    case -EINVAL:
      return "this kernel lacks what the program needs: Linux 6.12 with BTF (CONFIG_DEBUG_INFO_BTF)";
    default:
      return "see docs/kernel.md";
  }
}

/* Loads one object; its maps become those of the first one. */
static int32_t load(struct tap *tap, enum object which, const char *name, const unsigned char *from, const unsigned char *to,
                    const struct critrace_tap_plan *plan) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
  struct bpf_object *object = bpf_object__open_mem(from, (size_t)(to - from), &options);
  if (object == NULL) return critrace_fault(-errno, "BPF object %s cannot be read: %s", name, strerror(errno));
  tap->objects[which] = object;

  struct bpf_map *map;
  bpf_object__for_each_map(map, object) {
    const char *map_name = bpf_map__name(map);
    const struct bpf_map *first = which == COPY ? NULL : bpf_object__find_map_by_name(tap->objects[COPY], map_name);
    int error = 0;
    if (first != NULL) error = bpf_map__reuse_fd(map, bpf_map__fd(first));
    else if (strcmp(map_name, "ring") == 0) error = bpf_map__set_max_entries(map, plan->ring_bytes);
    else if (strcmp(map_name, "sides") == 0) error = bpf_map__set_max_entries(map, 2 * plan->max_connections);
    if (error) return critrace_fault(error, "BPF map %s: %s", map_name, strerror(-error));
  }
  int error = bpf_object__load(object);
  if (error) return critrace_fault(error, "BPF program %s is refused: %s; %s", name, strerror(-error), remedy(error));
  return 0;
}

static struct bpf_program *program(struct tap *tap, enum object which, const char *name) {
  return bpf_object__find_program_by_name(tap->objects[which], name);
}

static int32_t attach_tracepoint(struct tap *tap, enum object which, const char *name, struct bpf_link **link) {
  *link = bpf_program__attach(program(tap, which, name));
  if (*link != NULL) return 0;
  int32_t error = -errno;
  return critrace_fault(error, "BPF program %s cannot be attached: %s; %s", name, strerror(-error), remedy(error));
}

/* Runs an iterator that writes nothing out. */
static int32_t run_over_files(struct tap *tap, const char *name, bool only_own) {
  union bpf_iter_link_info info = {.task = {.pid = only_own ? (uint32_t)getpid() : 0}};
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof info);
  struct bpf_link *link = bpf_program__attach_iter(program(tap, FILES, name), only_own ? &options : NULL);
  /* Before 6.1 an iterator cannot be kept to one process: the program looks for itself. */
  if (link == NULL && only_own) link = bpf_program__attach_iter(program(tap, FILES, name), NULL);
  if (link == NULL) return -errno;
  int32_t result = 0;
  int iterator = bpf_iter_create(bpf_link__fd(link));
  if (iterator < 0) {
    result = -errno;
  } else {
    char nothing[64];
    ssize_t got;
    while ((got = read(iterator, nothing, sizeof nothing)) > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) continue;
    if (got < 0) result = -errno;
    close(iterator);
  }
  bpf_link__destroy(link);
  return result;
}

/* Where the kernel keeps the file behind the path: 0, or a negative errno. */
static int32_t find_place(struct tap *tap, const struct endpoint *endpoint, struct place *place, int *directory) {
  int file = open(endpoint->path, O_PATH | O_CLOEXEC);
  if (file < 0) return -errno;
  tap->shared->found = (struct place){0};
  tap->shared->wanted_descriptor = (uint32_t)file;
  int32_t result = run_over_files(tap, "place", true);
  if (result == 0 && tap->shared->found.directory == 0) result = -ENOENT;
  *place = tap->shared->found;
  if (result == 0) {
    /* The directory of the file itself, also where the path is a symbolic link. */
    char link[64], real[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, real, sizeof real - 1);
    if (length > 0) {
      real[length] = '\0';
      *directory = open(dirname(real), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
  }
  close(file);
  return result;
}

/* Looks whether the socket came, went, or moved, and follows it. Costs one stat(2) when nothing has changed. */
static int32_t follow(struct tap *tap, uint32_t index) {
  struct endpoint *endpoint = &tap->endpoints[index];
  struct stat found;
  bool present = stat(endpoint->path, &found) == 0 && S_ISSOCK(found.st_mode);
  if (!present) {
    endpoint->present = false;
    return 0;
  }
  if (endpoint->present && found.st_dev == endpoint->device && found.st_ino == endpoint->inode) return 0;

  struct place place;
  int directory = -1;
  int32_t error = find_place(tap, endpoint, &place, &directory);
  if (error) {
    if (directory >= 0) close(directory);
    return error == -ENOENT ? 0 : error;
  }
  volatile struct place *kept = &tap->shared->places[index];
  endpoint->present = true;
  endpoint->device = found.st_dev;
  endpoint->inode = found.st_ino;
  if (kept->state != PLACE_UNUSED && kept->directory == place.directory && kept->name == place.name) {
    if (directory >= 0) close(directory);
    return 0;
  }
  kept->state = PLACE_UNUSED;
  __sync_synchronize();
  kept->directory = place.directory;
  kept->name = place.name;
  __sync_synchronize();
  kept->state = PLACE_SEARCHED;
  if (endpoint->directory >= 0) close(endpoint->directory);
  endpoint->directory = directory;
  error = run_over_files(tap, "connections", false);
  __sync_synchronize();
  kept->state = PLACE_WATCHED;
  return error;
}

static void release(struct tap *tap) {
  if (tap->looking >= 0) close(tap->looking);
  bpf_link__destroy(tap->copy);
  bpf_link__destroy(tap->read);
  bpf_link__destroy(tap->look);
  ring_unmap(&tap->ring);
  if (tap->shared != NULL) munmap(tap->shared, (size_t)sysconf(_SC_PAGESIZE));
  for (int which = OBJECTS - 1; which >= 0; which--) bpf_object__close(tap->objects[which]);
  for (uint32_t index = 0; index < tap->endpoint_count; index++)
    if (tap->endpoints[index].directory >= 0) close(tap->endpoints[index].directory);
  free(tap);
}

static int32_t prepare(struct tap *tap, const struct critrace_tap_plan *plan) {
  int32_t error;
#define LOAD(which, name) load(tap, which, #name, critrace_##name##_object, critrace_##name##_object_end, plan)
  if ((error = LOAD(COPY, copy)) || (error = LOAD(READ, read)) || (error = LOAD(FILES, files)) || (error = LOAD(LOOK, look)))
    return error;
#undef LOAD
  int shared = bpf_object__find_map_fd_by_name(tap->objects[COPY], "shared");
  void *mapped = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
  if (mapped == MAP_FAILED) return critrace_fault(-errno, "the tap's memory cannot be mapped: %s", strerror(errno));
  tap->shared = mapped;
  error = ring_map(&tap->ring, bpf_object__find_map_fd_by_name(tap->objects[COPY], "ring"), plan->ring_bytes);
  if (error) return critrace_fault(error, "the ring cannot be mapped: %s", strerror(-error));
  return 0;
}

int32_t critrace_tap_open(const struct critrace_tap_plan *plan, uint8_t *buffer, uint32_t size) {
  critrace_fault_forget();
  if (the_tap != NULL) return critrace_fault(-EBUSY, "this process has a tap already");
  if (plan == NULL || buffer == NULL) return critrace_fault(-EFAULT, "no plan or no buffer");
  uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
  if (plan->size != sizeof *plan || plan->version != CRITRACE_ABI_VERSION || plan->endpoints == 0 ||
      plan->endpoints > CRITRACE_MAX_ENDPOINTS || plan->ring_bytes < page || (plan->ring_bytes & (plan->ring_bytes - 1)) != 0 ||
      plan->max_connections == 0 || size < 2 * (sizeof(struct critrace_data) + HUGE_BYTES) || ((uintptr_t)buffer & 7) != 0)
    return critrace_fault(-EINVAL, "the plan of the tap makes no sense");
  for (uint32_t index = 0; index < plan->endpoints; index++)
    if (memchr(plan->paths[index], '\0', CRITRACE_PATH_BYTES) == NULL || plan->paths[index][0] == '\0')
      return critrace_fault(-EINVAL, "the path of endpoint %u is empty or too long", index);

  struct tap *tap = calloc(1, sizeof *tap);
  if (tap == NULL) return critrace_fault(-ENOMEM, "no memory for the tap");
  libbpf_print_fn_t before = libbpf_set_print(keep_words);
  tap->looking = -1;
  tap->buffer = buffer;
  tap->buffer_size = size;
  tap->endpoint_count = plan->endpoints;
  for (uint32_t index = 0; index < plan->endpoints; index++) {
    memcpy(tap->endpoints[index].path, plan->paths[index], CRITRACE_PATH_BYTES);
    tap->endpoints[index].directory = -1;
  }
  int32_t error = prepare(tap, plan);
  libbpf_set_print(before);
  if (error) {
    release(tap);
    return error;
  }
  the_tap = tap;
  return 0;
}

int32_t critrace_tap_attach(void) {
  struct tap *tap = the_tap;
  if (tap == NULL) return critrace_fault(-EBADF, "there is no tap");
  if (tap->attached) return 0;
  critrace_fault_forget();
  libbpf_print_fn_t before = libbpf_set_print(keep_words);
  int32_t error = attach_tracepoint(tap, COPY, "copy", &tap->copy);
  if (!error) error = attach_tracepoint(tap, READ, "read", &tap->read);
  if (!error) {
    union bpf_iter_link_info info = {
        .map = {.map_fd = (uint32_t)bpf_object__find_map_fd_by_name(tap->objects[COPY], "sides")}};
    LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof info);
    tap->look = bpf_program__attach_iter(program(tap, LOOK, "look"), &options);
    if (tap->look == NULL)
      error = critrace_fault(-errno, "BPF program look cannot be attached: %s; %s", strerror(errno), remedy(-errno));
  }
  for (uint32_t index = 0; !error && index < tap->endpoint_count; index++) {
    error = follow(tap, index);
    if (error) critrace_fault(error, "cannot look through open files: %s; %s", strerror(-error), remedy(error));
  }
  libbpf_set_print(before);
  tap->attached = error == 0;
  return error;
}

static int32_t begin_round(struct tap *tap) {
  for (uint32_t index = 0; index < tap->endpoint_count; index++) follow(tap, index);
  /* In this order: every byte before `until` belongs to a connection that the table shows. */
  tap->until = ring_produced(&tap->ring);
  tap->round = (struct critrace_round){
      .size = sizeof tap->round,
      .kind = CRITRACE_RECORD_ROUND,
      .ring_bytes = tap->until - ring_consumed(&tap->ring),
  };
  tap->looking = bpf_iter_create(bpf_link__fd(tap->look));
  if (tap->looking < 0) return critrace_fault(-errno, "the table of connections cannot be read: %s", strerror(errno));
  tap->pending_count = tap->pending_next = 0;
  tap->phase = TELLING;
  return 0;
}

/* The next side of the table; false at its end. */
static bool next_side(struct tap *tap, const struct critrace_side **side) {
  while (tap->pending_next == tap->pending_count) {
    if (tap->looking < 0) return false;
    ssize_t got = read(tap->looking, tap->pending, sizeof tap->pending);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      close(tap->looking);
      tap->looking = -1;
      return false;
    }
    tap->pending_count = (uint32_t)got / sizeof tap->pending[0];
    tap->pending_next = 0;
  }
  *side = &tap->pending[tap->pending_next];
  return true;
}

int32_t critrace_tap_drain(void) {
  struct tap *tap = the_tap;
  if (tap == NULL || !tap->attached) return critrace_fault(-EBADF, "there is no tap at work");
  uint32_t used = 0;
  if (tap->phase == LOOKING) {
    int32_t error = begin_round(tap);
    if (error) return error;
    for (uint32_t index = 0; index < tap->endpoint_count; index++) {
      struct endpoint *endpoint = &tap->endpoints[index];
      if (endpoint->told == endpoint->present) continue;
      endpoint->told = endpoint->present;
      struct critrace_endpoint record = {
          .size = sizeof record, .kind = CRITRACE_RECORD_ENDPOINT, .endpoint = index, .watched = endpoint->present};
      memcpy(tap->buffer + used, &record, sizeof record);
      used += sizeof record;
    }
  }

  const struct critrace_side *side;
  while (next_side(tap, &side)) {
    if (used + sizeof *side > tap->buffer_size) return (int32_t)used;
    memcpy(tap->buffer + used, side, sizeof *side);
    used += sizeof *side;
    tap->pending_next++;
  }

  const uint8_t *from;
  uint32_t room;
  while (ring_peek(&tap->ring, tap->until, &from, &room)) {
    if (from != NULL) {
      struct critrace_data data;
      memcpy(&data, from, sizeof data);
      if (room < sizeof data || data.length > room - sizeof data) return critrace_fault(-EPROTO, "the ring makes no sense");
      uint32_t size = (uint32_t)((sizeof data + data.length + 7u) & ~7u);
      if (used + size > tap->buffer_size) return (int32_t)used;
      data.size = size;
      memcpy(tap->buffer + used, &data, sizeof data);
      memcpy(tap->buffer + used + sizeof data, from + sizeof data, data.length);
      used += size;
    }
    ring_next(&tap->ring);
  }
  /* A record before `until` is still being written: this takes no longer than a copy. */
  if (ring_consumed(&tap->ring) < tap->until) return (int32_t)used;

  if (used + sizeof tap->round > tap->buffer_size) return (int32_t)used;
  const volatile struct shared *shared = tap->shared;
  tap->round.at = now();
  tap->round.lost_records = shared->lost_records;
  tap->round.lost_bytes = shared->lost_bytes;
  tap->round.table_full = shared->table_full;
  tap->round.uncertain = shared->uncertain;
  memcpy(tap->buffer + used, &tap->round, sizeof tap->round);
  used += sizeof tap->round;
  tap->phase = LOOKING;
  return (int32_t)used;
}

int32_t critrace_tap_close(void) {
  if (the_tap == NULL) return 0;
  release(the_tap);
  the_tap = NULL;
  return 0;
}
