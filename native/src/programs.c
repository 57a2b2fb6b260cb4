#include "programs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "fault.h"
#include "refusals.h"

struct description {
  const char *name;
  const unsigned char *from, *to;
  uint32_t part;
  const char *role;
};

#define DESCRIBE(file, part, role) {#file, critrace_##file##_object, critrace_##file##_object_end, part, role},
static const struct description descriptions[PROGRAM_COUNT] = {CRITRACE_OBJECTS(DESCRIBE)};
#undef DESCRIBE

/* What libbpf and the kernel's verifier have said of the object at hand: the end of it, which is what tells. */
static char words[sizeof((struct critrace_program *)0)->log];

__attribute__((format(printf, 2, 0))) static int keep_words(enum libbpf_print_level level, const char *format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char *said;
  int length = vasprintf(&said, format, arguments);
  if (length < 0) return 0;
  const char *line = said;
  size_t has = strlen(words), more = (size_t)length;
  if (more >= sizeof words) {
    line += more - (sizeof words - 1);
    more = sizeof words - 1;
  }
  if (has + more >= sizeof words) {
    size_t drop = has + more + 1 - sizeof words;
    memmove(words, words + drop, has - drop + 1);
    has -= drop;
  }
  memcpy(words + has, line, more + 1);
  free(said);
  return 0;
}

static bool has_trampolines(const struct bpf_object *object) {
  struct bpf_program *part;
  if (object == NULL) return false;
  bpf_object__for_each_program(part, object) {
    enum bpf_attach_type type = bpf_program__expected_attach_type(part);
    if (type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT) return true;
  }
  return false;
}

/* Of system calls: libbpf asks tracefs for their numbers. */
static bool has_tracepoints(const struct bpf_object *object) {
  struct bpf_program *part = object == NULL ? NULL : bpf_object__next_program(object, NULL);
  return part != NULL && bpf_program__type(part) == BPF_PROG_TYPE_TRACEPOINT;
}

static const char *remedy(int32_t error, bool trampolines, bool tracepoints) {
  if (tracepoints && error == -ENOENT) return "mount -t tracefs tracefs /sys/kernel/tracing; the kernel must have CONFIG_FTRACE_SYSCALLS";
  if (trampolines && error != -EINVAL) return "this kernel lets no program be called by its functions (fentry), or the function is not there";
  switch (error) {
    case -EPERM:
    case -EACCES:
      return "all capabilities are there: the kernel may be locked down for confidentiality (see /sys/kernel/security/lockdown)";
    case -ENOENT:
    case -ESRCH:
    case -EINVAL:
      return trampolines ? "this kernel lacks what the program needs: Linux 5.17"
                         : "this kernel lacks what the program needs: Linux 6.12 with BTF (CONFIG_DEBUG_INFO_BTF)";
    case -EOPNOTSUPP:
      return "this kernel goes another way";
    default:
      return "see docs/kernel.md";
  }
}

static uint32_t wanted_entries(const struct critrace_tap_plan *plan, const char *map) {
  if (strcmp(map, "ring") == 0) return plan->ring_bytes;
  if (strcmp(map, "sides") == 0 || strcmp(map, "gone") == 0) return 2 * plan->max_connections;
  if (strcmp(map, "events") == 0) return plan->event_ring_bytes;
  if (strcmp(map, "family") == 0) return plan->parts & CRITRACE_PART_FAMILY ? plan->max_processes : 1;
  return 0;
}

/* The kernel keeps a map as long as it has a descriptor: those of objects that were taken are there for the next. */
int programs_map(const struct programs *programs, const char *name) {
  for (int index = 0; index < PROGRAM_COUNT; index++) {
    const struct program *program = &programs->all[index];
    if (program->told.state != CRITRACE_PROGRAM_ATTACHED) continue;
    int found = bpf_object__find_map_fd_by_name(program->object, name);
    if (found >= 0) return found;
  }
  return -1;
}

static int32_t prepare_maps(struct programs *programs, struct bpf_object *object, const struct critrace_tap_plan *plan) {
  struct bpf_map *map;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__is_internal(map)) continue;
    const char *name = bpf_map__name(map);
    int earlier = programs_map(programs, name);
    uint32_t entries = wanted_entries(plan, name);
    int error = 0;
    if (earlier >= 0) error = bpf_map__reuse_fd(map, earlier);
    else if (entries > 0) error = bpf_map__set_max_entries(map, entries);
    if (error) return error;
  }
  return 0;
}

/* Iterators are attached when they are needed. */
static int32_t attach_all(struct program *one) {
  struct bpf_program *part;
  bpf_object__for_each_program(part, one->object) {
    if (bpf_program__expected_attach_type(part) == BPF_TRACE_ITER) continue;
    if (one->link_count == MAX_LINKS) return -E2BIG;
    struct bpf_link *link = bpf_program__attach(part);
    if (link == NULL) return -errno;
    one->links[one->link_count++] = link;
  }
  return 0;
}

static void drop(struct program *one) {
  while (one->link_count > 0) bpf_link__destroy(one->links[--one->link_count]);
  bpf_object__close(one->object);
  one->object = NULL;
}

static void refuse(struct program *one, int32_t error, const char *what) {
  struct critrace_program *told = &one->told;
  bool trampolines = has_trampolines(one->object), tracepoints = has_tracepoints(one->object);
  drop(one);
  told->state = CRITRACE_PROGRAM_REFUSED;
  told->error = error;
  snprintf(told->reason, sizeof told->reason, "BPF program %s %s: %s", told->name, what, strerror(-error));
  const char *missing = error == -EPERM || error == -EACCES ? capabilities_missing() : NULL;
  if (missing != NULL) snprintf(told->remedy, sizeof told->remedy, "missing: %s; it takes root, or CAP_BPF and CAP_PERFMON", missing);
  else snprintf(told->remedy, sizeof told->remedy, "%s", remedy(error, trampolines, tracepoints));
  memcpy(told->log, words, sizeof told->log);
}

static void start(struct programs *programs, struct program *one, const struct description *description,
                  const struct critrace_tap_plan *plan) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = description->name);
  words[0] = '\0';
  one->object = bpf_object__open_mem(description->from, (size_t)(description->to - description->from), &options);
  if (one->object == NULL) return refuse(one, -errno, "cannot be read");
  int32_t error = prepare_maps(programs, one->object, plan);
  if (error) return refuse(one, error, "does not get its maps");
  error = bpf_object__load(one->object);
  if (error) return refuse(one, error, "is refused");
  error = attach_all(one);
  if (error) return refuse(one, error, "cannot be attached");
  one->told.state = CRITRACE_PROGRAM_ATTACHED;
  /* It is not its loading that tells whether the kernel comes by there. */
  bool sees = strcmp(description->role, CRITRACE_CONNECTS) != 0 ||
              refusals_are_seen(programs_map(programs, "shared"), programs_map(programs, "refusals"));
  if (!sees) refuse(one, -EOPNOTSUPP, "does not see a connect that fails");
}

/* Who does the work of this program already; NULL: nobody. */
static const char *in_role(const struct programs *programs, int before, const char *role) {
  for (int index = 0; index < before; index++)
    if (strcmp(descriptions[index].role, role) == 0 && programs->all[index].told.state == CRITRACE_PROGRAM_ATTACHED)
      return descriptions[index].name;
  return NULL;
}

/*
 * Why nobody takes a role: what was wrong with the first who might, and with the last where that is something else. Who
 * lacks a capability need not hear of kernels.
 */
static int32_t nobody_in(const struct programs *programs, int last, const char *role) {
  int first = 0;
  while (strcmp(descriptions[first].role, role) != 0) first++;
  const struct critrace_program *one = &programs->all[first].told, *other = &programs->all[last].told;
  if (first == last || capabilities_missing() != NULL)
    return critrace_fault(one->error, "%s; %s\n%s", one->reason, one->remedy, one->log);
  return critrace_fault(other->error, "%s; %s; in its place, %s; %s\n%s\n%s", one->reason, one->remedy, other->reason,
                        other->remedy, one->log, other->log);
}

static bool is_shared(const char *role) {
  return role[strlen(role) - 1] == '+';
}

static bool has_alternative(int after, const char *role) {
  for (int index = after + 1; index < PROGRAM_COUNT; index++)
    if (strcmp(descriptions[index].role, role) == 0) return true;
  return false;
}

/* Who was refused and needs not be missed. */
static void mark_replaced(struct programs *programs) {
  for (int index = 0; index < PROGRAM_COUNT; index++) {
    struct critrace_program *told = &programs->all[index].told;
    if (told->state != CRITRACE_PROGRAM_REFUSED) continue;
    const char *other = in_role(programs, PROGRAM_COUNT, descriptions[index].role);
    if (other == NULL) continue;
    told->replaced = 1;
    const char *work = is_shared(descriptions[index].role) ? "as far as it can" : "its work";
    snprintf(told->remedy, sizeof told->remedy, "not needed: %s does %s", other, work);
  }
}

int32_t programs_start(struct programs *programs, const struct critrace_tap_plan *plan) {
  libbpf_print_fn_t before = libbpf_set_print(keep_words);
  int32_t result = 0;
  for (int index = 0; index < PROGRAM_COUNT; index++) {
    const struct description *description = &descriptions[index];
    struct program *one = &programs->all[index];
    struct critrace_program *told = &one->told;
    snprintf(told->name, sizeof told->name, "%s", description->name);
    told->part = description->part;
    if (!(plan->parts & description->part)) continue;
    const char *other = is_shared(description->role) ? NULL : in_role(programs, index, description->role);
    if (other != NULL) {
      snprintf(told->reason, sizeof told->reason, "%s does its work", other);
      continue;
    }
    if (result == 0) start(programs, one, description, plan);
    bool needed = description->part == CRITRACE_PART_BYTES && !has_alternative(index, description->role);
    if (result == 0 && needed && told->state == CRITRACE_PROGRAM_REFUSED)
      result = nobody_in(programs, index, description->role);
  }
  libbpf_set_print(before);
  mark_replaced(programs);
  return result;
}

void programs_stop(struct programs *programs) {
  for (int index = PROGRAM_COUNT - 1; index >= 0; index--) drop(&programs->all[index]);
}

static const struct program *find(const struct programs *programs, const char *file) {
  for (int index = 0; index < PROGRAM_COUNT; index++)
    if (strcmp(descriptions[index].name, file) == 0) return &programs->all[index];
  return NULL;
}

bool programs_attached(const struct programs *programs, const char *file) {
  const struct program *program = find(programs, file);
  return program != NULL && program->told.state == CRITRACE_PROGRAM_ATTACHED;
}

struct bpf_link *programs_iterator(struct programs *programs, const char *file, const char *name,
                                   const struct bpf_iter_attach_opts *options) {
  const struct program *program = find(programs, file);
  struct bpf_program *iterator =
      program == NULL || program->object == NULL ? NULL : bpf_object__find_program_by_name(program->object, name);
  if (iterator == NULL) {
    errno = ENOENT;
    return NULL;
  }
  return bpf_program__attach_iter(iterator, options);
}

int32_t programs_iterate(struct bpf_link *link) {
  int iterator = bpf_iter_create(bpf_link__fd(link));
  if (iterator < 0) return -errno;
  char nothing[64];
  ssize_t got;
  while ((got = read(iterator, nothing, sizeof nothing)) > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) continue;
  int32_t result = got < 0 ? -errno : 0;
  close(iterator);
  return result;
}
