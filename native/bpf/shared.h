/* What the tap's programs share among themselves and with native/src/tap.c. */
#ifndef CRITRACE_SHARED_H
#define CRITRACE_SHARED_H

#include "events.h"

/* As CRITRACE_PART_PROCESS of critrace.h, which needs a C library. */
#define PART_PROCESS 2

/* Of a member of the family: taken from its parent, until it becomes something that runs containers. */
#define ROLE_RUNTIME 1

/* Where a socket file is: survives its being removed and made again, and does not depend on how its path is written. */
struct place {
  __u64 directory; /* address of the directory's dentry; the library holds a file in it open, so that it stays its */
  __u64 name;      /* the name's hash and length, as the kernel keeps them */
};

/* Of a place that is watched. */
struct watched {
  __u32 endpoint;
  __u32 state;
};

#define PLACE_SEARCHED 1 /* connections that are met may be older than the tap */
#define PLACE_WATCHED 2  /* those that are older are known: what is met now is new */

/* One for each tap, mapped into the library as well. */
struct shared {
  __u64 last_connection;
  __u64 met; /* how often the table was added to: after it was, and before there is a byte of it */
  __u64 lost_records;
  __u64 lost_bytes;
  __u64 table_full;
  __u64 uncertain;
  __u64 pid_namespace; /* of the library's process: its address and its depth */
  __u32 pid_level;
  __u32 wanted_descriptor; /* of the library's process: whose place is asked for */
  struct place found;
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
  __u32 unused;
  /* As last told: only what has changed is told again. */
  __u64 told_offset;
  __u8 told_flags;
  __u8 told;
};

/* Bytes that a record in the ring may have room for: the smallest that fits is taken. */
#define SMALL_BYTES 256
#define MIDDLE_BYTES 1024
#define LARGE_BYTES 4096
#define HUGE_BYTES 16384

#endif
