/* The programs of native/bpf in the kernel: which are wanted, which it takes, and why it refuses the others. */
#ifndef CRITRACE_PROGRAMS_H
#define CRITRACE_PROGRAMS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "critrace.h"
#include "objects.h"

#define CRITRACE_COUNT(file, part, role) +1
#define PROGRAM_COUNT (0 CRITRACE_OBJECTS(CRITRACE_COUNT))
#define MAX_LINKS 8

struct program {
  struct critrace_program told;
  struct bpf_object *object;
  struct bpf_link *links[MAX_LINKS];
  uint32_t link_count;
};

struct programs {
  struct program all[PROGRAM_COUNT];
};

/*
 * Loads and attaches what the plan asks for. Fails if no program takes a role in CRITRACE_PART_BYTES; the others may be
 * refused.
 */
int32_t programs_start(struct programs *programs, const struct critrace_tap_plan *plan);
void programs_stop(struct programs *programs);

bool programs_attached(const struct programs *programs, const char *file);

/* Descriptor of a map, all programs' maps of one name being one; -1 if no program that was taken has it. */
int programs_map(const struct programs *programs, const char *name);

/* Attaches an iterator of an attached program: NULL and errno if that fails. */
struct bpf_link *programs_iterator(struct programs *programs, const char *file, const char *name,
                                   const struct bpf_iter_attach_opts *options);

/* Runs an iterator over all there is; it writes nothing out. */
int32_t programs_iterate(struct bpf_link *iterator);

#endif
