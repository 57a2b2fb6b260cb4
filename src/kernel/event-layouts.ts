// The records of kernel events in native/include/events.h. A test holds every number here against the C compiler's.

/** Byte offsets of the fields of struct critrace_NAME, and its size; all begin with struct critrace_event. */
export const eventLayouts = {
  event: { kind: 4, at: 8, process: 16, size: 48 },
  fork: { parent: 48, size: 80 },
  exec: {
    parent: 48,
    flags: 80,
    argument_bytes: 84,
    cgroup_bytes: 88,
    environment_bytes: 92,
    size: 96,
  },
  exit: { user_ns: 48, system_ns: 56, run_ns: 64, peak_rss_bytes: 72, status: 80, size: 88 },
  file_sync: { start: 48, operation: 56, file_bytes: 60, size: 64 },
  block_io: { requests: 48, bytes: 56, duration_ns: 64, operation: 72, device: 80, size: 112 },
  cgroup: { action: 48, path_bytes: 52, size: 56 },
  oom_kill: { cgroup_bytes: 48, size: 56 },
  signal: { sender: 48, signal: 80, size: 88 },
  scheduling: { waits: 48, run_queue_ns: 56, blocked_ns: 64, size: 72 },
  tcp_connect: { start: 48, address: 56, port: 72, version: 74, connected: 75, size: 80 },
} as const;

/** The macros CRITRACE_NAME. */
export const eventConstants = {
  RECORD_FORK: 16,
  RECORD_EXEC: 17,
  RECORD_EXIT: 18,
  RECORD_FILE_SYNC: 19,
  RECORD_BLOCK_IO: 20,
  RECORD_CGROUP: 21,
  RECORD_OOM_KILL: 22,
  RECORD_SIGNAL: 23,
  RECORD_TCP_CONNECT: 24,
  RECORD_SCHEDULING: 25,
  EXEC_CUT: 1,
  SYNC_FSYNC: 0,
  SYNC_FDATASYNC: 1,
  SYNC_SYNCFS: 2,
  BLOCK_READ: 0,
  BLOCK_WRITE: 1,
  BLOCK_FLUSH: 2,
  BLOCK_DISCARD: 3,
  CGROUP_CREATE: 0,
  CGROUP_ATTACH: 1,
  CGROUP_FREEZE: 2,
  CGROUP_THAW: 3,
  CGROUP_REMOVE: 4,
  DEVICE_BYTES: 32,
} as const;
