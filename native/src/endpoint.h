/* Watched sockets, however their paths are written and whatever becomes of them. */
#ifndef CRITRACE_ENDPOINT_H
#define CRITRACE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "critrace.h"
#include "../bpf/shared.h"

struct tap;

/* Where the kernel waits for the socket, whether or not it is there. */
struct awaiting {
  struct awaited told; /* as the kernel has it; no state: nothing is awaited */
  int below;           /* O_PATH: holds the location's anchor; -1: nothing is awaited */
  /* While the socket is not there: the last directory of the path that is. */
  dev_t device;
  ino_t inode;
  uint32_t missing; /* names after it */
};

struct endpoint {
  char path[CRITRACE_PATH_BYTES];
  int file;           /* O_PATH: holds its directory in the kernel, so that its address means nothing else; -1: never found */
  struct place place; /* of `file` */
  bool owner;         /* the place was entered for this endpoint, not for another that leads there too */
  dev_t device;
  ino_t inode;
  bool present;
  bool told;
  bool moved; /* since the family was last searched for */
  struct awaiting awaiting;
};

/* Looks whether the socket came, went, or moved, and follows it. Costs a stat(2) or a few when nothing has changed. */
int32_t endpoint_follow(struct tap *tap, uint32_t index);
void endpoint_end(struct endpoint *endpoint);

/* Where the kernel keeps an open file: 0, or a negative errno. Of its location the last `levels` at most. */
int32_t endpoint_find(struct tap *tap, int file, uint32_t levels, struct place *place, struct location *location);

/* The socket is there, open as `file`. */
int32_t awaiting_here(struct tap *tap, uint32_t index, int file, const struct location *location);
/* It is not: where it would be. */
int32_t awaiting_absent(struct tap *tap, uint32_t index);
/* Does the path, whose last names need not be there, lead to where the endpoint's socket is awaited? */
bool awaiting_is_at(struct tap *tap, uint32_t index, const char *path);

#endif
