/* What the tap's programs share among themselves and with native/src/tap.c. */
#ifndef CRITRACE_SHARED_H
#define CRITRACE_SHARED_H

#include "events.h"

/* As CRITRACE_PART_* of critrace.h, which needs a C library. */
#define PART_PROCESS 2
#define PART_FAMILY 256

/* Of a member of the family: taken from its parent, until it becomes something that runs containers. */
#define ROLE_RUNTIME 1

/* Where a socket file is: survives its being removed and made again, and does not depend on how its path is written. */
struct place {
  __u64 directory; /* address of the directory's dentry; the library holds a file in it open, so that it stays its */
  __u64 name;      /* the name's hash and length, as the kernel keeps them */
};

/* Directories that a location goes through at most; what lies deeper is told from there. */
#define LOCATION_LEVELS 8
#define NAME_BYTES 64

/*
 * Where a socket file is or will be, though its directory may be made anew or not be there yet: the same by whichever mount
 * it is looked at, and in whichever mount namespace.
 */
struct location {
  __u64 anchor; /* address of the dentry above the last name: a file system's root, but for deep ones; 0: unknown */
  __u32 levels; /* names, the file's own first */
  __u32 unused;
  char names[LOCATION_LEVELS][NAME_BYTES]; /* zeros after each */
};

#define PLACE_SEARCHED 1 /* connections that are met may be older than the tap */
#define PLACE_WATCHED 2  /* those that are older are known: what is met now is new */

/* Of a place that is watched. */
struct watched {
  __u32 endpoint;
  __u32 state; /* 0: is not */
};

/* Of an endpoint, wherever its socket is now. */
struct awaited {
  __u32 state;
  __u32 unused;
  struct location location;
};

/* One for each tap, mapped into the library as well. */
struct shared {
  __u64 last_connection;
  __u64 changed; /* how often somebody was added to the table, after it was and before there is a byte of it, or has ended */
  __u64 lost_records;
  __u64 lost_bytes;
  __u64 table_full;
  __u64 uncertain;
  __u64 pid_namespace; /* of the library's process: its address and its depth */
  __u32 pid_level;
  __u32 own_process;       /* its tgid, in the outermost pid namespace */
  __u32 wanted_descriptor; /* of the library's process: whose place is asked for */
  __u32 wanted_levels;     /* and how many levels of its location */
  struct place found;
  struct location located;
  __u64 name_lengths; /* a bit for each length, modulo 64, that the name of a watched socket may have */
  /* Of the location of each endpoint, for a look before its names are compared. */
  struct {
    __u64 anchor;
    __u64 lengths; /* of its names, a byte each, the file's own lowest; 0: nothing is awaited */
  } above[CRITRACE_MAX_ENDPOINTS];
  /* Of connects that failed. */
  __u64 refused;      /* how many, of those that were counted */
  __u64 refused_full; /* that found no room */
  __u64 root_mount;   /* of the library's process: what its paths begin at */
  __u64 root_directory;
  /* Of kernel events. */
  __u64 lost_events;
  __u64 family_full;
  __u64 page_bytes;
  __u64 block_requests; /* of the family, that have ended */
  __u32 tell_others;    /* the load of the others counts now */
  __u32 parts;          /* CRITRACE_PART_* that are told */
  __u32 adopted;        /* processes that the last walk has added to the family */
  __u32 wake_wanted;    /* by the thread that looks after the rings; taken back by who wakes it */
  __u64 wake_bytes;       /* in `ring`, from which on it is woken */
  __u64 wake_event_bytes; /* in `events` */
};

/* The address of a socket is used again soon, its inode number not before four thousand million others. */
struct side_key {
  __u64 sock;
  __u64 inode;
};

struct side_state {
  struct critrace_side side;
  __u32 reader; /* thread that reads just now */
  __u32 added;  /* what its call has added to side.offset */
  __u64 sent;   /* bytes that this end has written, if counted */
  __u32 counts; /* `sent` is right: every write since the first byte was seen, or all were known to be read */
  __u32 served; /* the server has used this end, and is known by that */
  /* As last told: only what has changed is told again. */
  __u64 told_offset;
  __u8 told_flags;
  __u8 told;
};

#define SOCKET_PATH_BYTES 108 /* as CRITRACE_PATH_BYTES */

/* Who could not connect, and to what: as it stands in its sockaddr_un, with zeros after it. */
struct refused_key {
  __u32 tgid; /* in the outermost pid namespace */
  __u32 unused;
  char path[SOCKET_PATH_BYTES + 4];
};

struct refused {
  struct critrace_process client;
  __u64 count;
  __u64 first_at;
  __u64 last_at;
  __u32 same_root; /* its paths begin where the library's do */
  __u32 unused;
};

/* Bytes that a record in the ring may have room for: the smallest that fits is taken. */
#define SMALL_BYTES 256
#define MIDDLE_BYTES 1024
#define LARGE_BYTES 4096
#define HUGE_BYTES 16384

#endif
