/*
 * The FFI surface: everything that TypeScript may call (src/kernel/native.ts is its one caller). What is named
 * critrace_tap_* is in libcritrace-tap.so, which needs libbpf; the rest is in libcritrace.so, which needs nothing.
 *
 * Rules: fixed-width types only; no callbacks, nothing allocated that the caller must free; a function that can fail
 * returns a negative errno. A change that breaks a caller raises CRITRACE_ABI_VERSION.
 */
#ifndef CRITRACE_H
#define CRITRACE_H

#include <stdint.h>

#include "events.h"

#define CRITRACE_ABI_VERSION 6

#if defined(__GNUC__)
#define CRITRACE_API __attribute__((visibility("default")))
#else
#define CRITRACE_API
#endif

/* Who called connect(2), as of that moment, in the caller's own pid and user namespaces. */
struct critrace_peer {
  int32_t pid; /* 0: the peer's process has no number in our pid namespace */
  uint32_t uid;
  uint32_t gid;
};

/* CRITRACE_ABI_VERSION of the library as built. */
CRITRACE_API int32_t critrace_abi_version(void);

/* SO_PEERCRED of a connected AF_UNIX socket into *peer, which is written only on success. */
CRITRACE_API int32_t critrace_peer_credentials(int32_t fd, struct critrace_peer *peer);

/*
 * The tap: at most one in a process, used from one thread at a time. Its calls are safe in any order: what makes no
 * sense in the present state is refused with -EBADF.
 */

/* 107 bytes and the zero at the end: sun_path of sockaddr_un. */
#define CRITRACE_PATH_BYTES 108

/* What may be asked for, one bit each. */
#define CRITRACE_PART_BYTES 1 /* of connections: always asked for */
#define CRITRACE_PART_PROCESS 2
#define CRITRACE_PART_DISK 4
#define CRITRACE_PART_CGROUP 8
#define CRITRACE_PART_OOM 16
#define CRITRACE_PART_SIGNAL 32
#define CRITRACE_PART_TCP 64
#define CRITRACE_PART_SCHEDULING 128
#define CRITRACE_PART_FAMILY 256 /* who belongs to the runtime: asked for by itself, as all kernel events need it */
#define CRITRACE_PART_WRITES 512 /* when bytes were written; where it can be had, always asked for */
#define CRITRACE_PART_SYNCS 2048 /* by their system calls, where DISK cannot see all: every one of the node is dearer then */
#define CRITRACE_PART_CONNECTS 1024 /* connects that fail; likewise */

/* Everything that a tap needs to know. `size` is that of the struct, `version` CRITRACE_ABI_VERSION. */
struct critrace_tap_plan {
  uint32_t size;
  uint32_t version;
  uint32_t ring_bytes;       /* of bytes of calls: a power of two and at least a page; -EINVAL otherwise */
  uint32_t max_connections;  /* two entries of the kernel's table for each */
  uint32_t event_ring_bytes; /* of kernel events: likewise */
  uint32_t max_processes;    /* of the runtime's family, alive at once */
  uint32_t parts;            /* CRITRACE_PART_* */
  uint32_t aside_bytes;      /* of each ring, set aside by a thread while nobody drains; 0: no thread */
  uint32_t endpoints;        /* at most CRITRACE_MAX_ENDPOINTS */
  char paths[CRITRACE_MAX_ENDPOINTS][CRITRACE_PATH_BYTES];
};

#define CRITRACE_PROGRAM_NOT_WANTED 0 /* not asked for, or another one does its work */
#define CRITRACE_PROGRAM_ATTACHED 1
#define CRITRACE_PROGRAM_REFUSED 2

/* One file of native/bpf. Texts end with a zero and are empty where there is nothing to say. */
struct critrace_program {
  uint32_t part; /* CRITRACE_PART_* that it serves */
  uint32_t state;
  int32_t error;     /* of a refusal: a negative errno */
  uint32_t replaced; /* 1: refused, and another program does its work */
  char name[32];
  char reason[256];
  char remedy[256];
  char log[4096]; /* the end of what the kernel's verifier said */
};

/*
 * Checks the plan. Each critrace_tap_drain() fills `buffer`, which stays the caller's and must live until
 * critrace_tap_close(). -EBUSY: there is a tap already.
 */
CRITRACE_API int32_t critrace_tap_open(const struct critrace_tap_plan *plan, uint8_t *buffer, uint32_t size);

/*
 * Loads and attaches what the plan asks for. From here on bytes are seen; connections that exist are known when it
 * returns. Fails if bytes cannot be seen: programs of other parts may be refused without harm to the rest.
 */
CRITRACE_API int32_t critrace_tap_attach(void);

/* What became of a program, from critrace_tap_attach() on, whether or not it succeeded. -ENOENT: there are no more. */
CRITRACE_API int32_t critrace_tap_program(uint32_t index, struct critrace_program *program);

/*
 * The next records of events.h into the buffer: how many bytes of it they take. A round is over with
 * CRITRACE_RECORD_ROUND, which is the last record of its call; without it there is more to drain now.
 */
CRITRACE_API int32_t critrace_tap_drain(void);

/*
 * A descriptor that can be read from when much waits to be drained, sooner than the caller may have meant to look; what is
 * read from it means nothing else. It is the caller's, who closes it. -ENOENT: no thread looks after the rings.
 */
CRITRACE_API int32_t critrace_tap_alarm(void);

/* Detaches and frees everything. The kernel does the same when the process dies. Twice is once. */
CRITRACE_API int32_t critrace_tap_close(void);

/* What the last failed critrace_tap_* had to say, up to `size` bytes of text with a zero; its length without it. */
CRITRACE_API int32_t critrace_tap_last_error(char *text, uint32_t size);

#endif
