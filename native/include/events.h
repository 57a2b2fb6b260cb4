/*
 * THE ABI of what the kernel side tells: the records that critrace_tap_drain() lays one after the other into the
 * caller's buffer. Written by native/bpf and native/src, read by src/kernel/events.ts; a test compares every offset.
 *
 * Every record starts with its size (a multiple of 8, header and padding included) and its kind. Numbers are in the
 * machine's byte order. Times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef CRITRACE_EVENTS_H
#define CRITRACE_EVENTS_H

#include <linux/types.h>

#define CRITRACE_RECORD_SIDE 1
#define CRITRACE_RECORD_DATA 2
#define CRITRACE_RECORD_ENDPOINT 3
#define CRITRACE_RECORD_ROUND 4
#define CRITRACE_RECORD_SENT 5
#define CRITRACE_RECORD_REFUSAL 6
#define CRITRACE_RECORD_FORK 16
#define CRITRACE_RECORD_EXEC 17
#define CRITRACE_RECORD_EXIT 18
#define CRITRACE_RECORD_FILE_SYNC 19
#define CRITRACE_RECORD_BLOCK_IO 20
#define CRITRACE_RECORD_CGROUP 21
#define CRITRACE_RECORD_OOM_KILL 22
#define CRITRACE_RECORD_SIGNAL 23
#define CRITRACE_RECORD_TCP_CONNECT 24
#define CRITRACE_RECORD_SCHEDULING 25

/* Of bytes: towards the runtime, and from it. */
#define CRITRACE_REQUEST 0
#define CRITRACE_RESPONSE 1

/* Of struct critrace_side. */
#define CRITRACE_SIDE_JOINED 1 /* older than the tap: its first byte was not seen */
#define CRITRACE_SIDE_CLOSED 2 /* no descriptor holds it any more: the last record of this side */
#define CRITRACE_SIDE_ENDED 4  /* the other side has shut down and all that it sent was read */

#define CRITRACE_MAX_ENDPOINTS 8
#define CRITRACE_COMM_BYTES 16

struct critrace_process {
  __u64 start; /* since boot, nanoseconds; 0: unknown */
  __u32 pid;   /* in the pid namespace of the reader; 0: has no number there, or unknown */
  __u32 uid;   /* of the initial user namespace; ~0: unknown */
  char comm[CRITRACE_COMM_BYTES];
};

/* One end of a connection as it stands: it carries one direction, the one that this end reads. */
struct critrace_side {
  __u32 size;
  __u32 kind;
  __u64 connection; /* unique for the life of a tap */
  __u64 opened_at;  /* when the tap first met the connection */
  __u64 ended_at;   /* when this end last read an end of file; 0: never */
  __u64 offset;     /* bytes of this direction that were read since opened_at, lost ones included */
  __u32 inode;      /* of this end's socket; /proc/PID/fd and `ss` show it */
  __u32 peer_inode; /* 0: was closed when the tap first met the connection */
  __u32 endpoint;   /* index of critrace_tap_plan.paths */
  __u8 direction;
  __u8 flags;
  __u16 unused;
  struct critrace_process client;
  struct critrace_process server;
};

/*
 * CRITRACE_RECORD_DATA: bytes that one end copied out of the socket; they follow. CRITRACE_RECORD_SENT: the write of so
 * many bytes returned; none follow, and they may have been read before.
 */
struct critrace_data {
  __u32 size;
  __u32 kind;
  __u64 connection;
  __u64 offset; /* of the first byte, counted like critrace_side.offset */
  __u64 at;
  __u32 length;
  __u8 direction;
  __u8 unused[3];
};

/* A socket file came or went; told once for each change. */
struct critrace_endpoint {
  __u32 size;
  __u32 kind;
  __u32 endpoint;
  __u32 watched;
};

/* Connects to a watched socket that failed, of one caller, since the last record of it. */
struct critrace_refusal {
  __u32 size;
  __u32 kind;
  __u64 first_at;
  __u64 at; /* of the last */
  __u64 count;
  __u32 endpoint; /* index of critrace_tap_plan.paths */
  __u32 unused;
  struct critrace_process client;
};

/* Closes a round: all of what happened before `at` was told, short of what was lost. Counters only grow. */
struct critrace_round {
  __u32 size;
  __u32 kind;
  __u64 at;
  __u64 lost_records; /* the ring was full */
  __u64 lost_bytes;
  __u64 table_full;  /* sides that found no room in the table: nothing of them is told */
  __u64 uncertain;   /* reads whose place in the stream may be told wrong: several threads, one of them peeking */
  __u64 ring_bytes;  /* that waited when the round began */
  __u64 lost_events; /* kernel events that found no room */
  __u64 family_full; /* processes of the family that found no room in its table: nothing of them is told */
  __u64 refused_full; /* connects that failed and found no room: whether they were to a watched socket is not known */
};

/*
 * Kernel events: each begins with struct critrace_event. Texts follow the record, one after the other, each `_bytes`
 * long; a path is told as its names, the last one first, each with a zero.
 */
struct critrace_event {
  __u32 size;
  __u32 kind;
  __u64 at;
  struct critrace_process process;
};

struct critrace_fork {
  struct critrace_event event;
  struct critrace_process parent; /* who called */
};

#define CRITRACE_EXEC_CUT 1 /* arguments are missing */

struct critrace_exec {
  struct critrace_event event;
  struct critrace_process parent;
  __u32 flags;
  __u32 argument_bytes;    /* each with a zero, but for the last one of a list that was cut */
  __u32 cgroup_bytes;      /* a path */
  __u32 environment_bytes; /* CNI_COMMAND=..., CNI_CONTAINERID=..., CNI_IFNAME=..., K8S_POD_...=..., each with a zero */
};

struct critrace_exit {
  struct critrace_event event;
  __u64 user_ns; /* as counted by ticks, like system_ns: only their ratio tells */
  __u64 system_ns;
  __u64 run_ns; /* on a processor */
  __u64 peak_rss_bytes;
  __u32 status; /* of wait(2) */
  __u32 unused;
};

#define CRITRACE_SYNC_FSYNC 0
#define CRITRACE_SYNC_FDATASYNC 1
#define CRITRACE_SYNC_SYNCFS 2

struct critrace_file_sync {
  struct critrace_event event;
  __u64 start;
  __u32 operation;
  __u32 file_bytes; /* the end of a path */
};

#define CRITRACE_BLOCK_READ 0
#define CRITRACE_BLOCK_WRITE 1
#define CRITRACE_BLOCK_FLUSH 2
#define CRITRACE_BLOCK_DISCARD 3

#define CRITRACE_DEVICE_BYTES 32

/* Requests that ended since the last record of this process, device and operation. Without a pid: of all others. */
struct critrace_block_io {
  struct critrace_event event;
  __u64 requests;
  __u64 bytes;
  __u64 duration_ns; /* from issue to completion, summed up */
  __u32 operation;
  __u32 unused;
  char device[CRITRACE_DEVICE_BYTES];
};

#define CRITRACE_CGROUP_CREATE 0
#define CRITRACE_CGROUP_ATTACH 1
#define CRITRACE_CGROUP_FREEZE 2
#define CRITRACE_CGROUP_THAW 3
#define CRITRACE_CGROUP_REMOVE 4

/* The process is who was attached, otherwise who did it. */
struct critrace_cgroup {
  struct critrace_event event;
  __u32 action;
  __u32 path_bytes; /* a path, in one piece, with a zero */
};

/* The process is the victim. */
struct critrace_oom_kill {
  struct critrace_event event;
  __u32 cgroup_bytes; /* a path */
  __u32 unused;
};

struct critrace_signal {
  struct critrace_event event;
  struct critrace_process sender; /* nothing known: the kernel */
  __u32 signal;
  __u32 unused;
};

/* Of all threads of the process, since the last record of it. */
struct critrace_scheduling {
  struct critrace_event event;
  __u64 waits;        /* how often one waited for a processor */
  __u64 run_queue_ns; /* and how long altogether */
  __u64 blocked_ns;   /* in uninterruptible sleep: mostly for a device */
};

struct critrace_tcp_connect {
  struct critrace_event event;
  __u64 start;
  __u8 address[16]; /* of IPv4 the first four */
  __u16 port;
  __u8 version; /* 4 or 6 */
  __u8 connected;
  __u32 unused;
};

#endif
