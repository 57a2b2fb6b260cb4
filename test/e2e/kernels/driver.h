/*
 * A program that runs libcritrace-tap on the kernel that it finds itself on, as the first process of a virtual machine or
 * as any other. Prints a line for each check, `ok NAME` or `not ok NAME: WHY`, and for each program of native/bpf
 * `program NAME STATE: REASON`; `done FAILURES` at the end.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "critrace.h"

extern const char socket_path[];
extern int failures;

bool check(bool holds, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void fail(const char *what);
void pause_briefly(void);

/* A listening socket at socket_path, in a folder that was not there before. */
int listening(void);

/* A tap at socket_path with these CRITRACE_PART_*; on failure `why` says what was wrong. */
extern char why[];
bool open_tap(uint32_t parts);
void tell_programs(void);

/* One round, each record given to `take`; false when the library fails. */
bool drain(void (*take)(uint32_t kind, const uint8_t *record));

/* A process that holds a listening socket at socket_path, and does what is asked of it at a word. */
struct server {
  pid_t pid;
  int word;
};
struct server server_start(void (*act)(void));
void server_act(const struct server *server);
void server_end(const struct server *server);

/* Traffic of known bytes, and what the tap tells of it, byte for byte. */
void try_traffic(void);

/* A server that starts and kills processes, and what is told of them. */
void try_family(void);

/* The same with files, cgroups, memory and a connection: of a machine of its own, with cgroups of version 2 only. */
void try_node(void);

#endif
