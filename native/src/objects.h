/* The compiled programs of native/bpf, which the library carries: one line for each file. */
#ifndef CRITRACE_OBJECTS_H
#define CRITRACE_OBJECTS_H

/*
 * X(file, part, role). What stands in one role does the same work in different ways: the first that the kernel takes is
 * used. A role with a plus is taken by all that can: what one of them lacks another may have. In the order in which they
 * are tried; a program may use what those before it have put in place.
 */
#define CRITRACE_CONNECTS "connects"
#define CRITRACE_OBJECTS(X)                    \
  X(copy, CRITRACE_PART_BYTES, "bytes")       \
  X(actor, CRITRACE_PART_BYTES, "bytes")      \
  X(read, CRITRACE_PART_BYTES, "reads")       \
  X(recvmsg, CRITRACE_PART_BYTES, "reads")    \
  X(sent, CRITRACE_PART_WRITES, "writes")     \
  X(sendmsg, CRITRACE_PART_WRITES, "writes")  \
  X(connect, CRITRACE_PART_CONNECTS, CRITRACE_CONNECTS)  \
  X(consumed, CRITRACE_PART_CONNECTS, CRITRACE_CONNECTS) \
  X(dropped, CRITRACE_PART_CONNECTS, CRITRACE_CONNECTS)  \
  X(files, CRITRACE_PART_BYTES, "files")      \
  X(look, CRITRACE_PART_BYTES, "look")        \
  X(family, CRITRACE_PART_FAMILY, "family")   \
  X(exec, CRITRACE_PART_PROCESS, "exec")      \
  X(sync_vfs, CRITRACE_PART_DISK, "sync+")    \
  X(sync_ext4, CRITRACE_PART_DISK, "sync+")   \
  X(sync_xfs, CRITRACE_PART_DISK, "sync+")    \
  X(sync_btrfs, CRITRACE_PART_DISK, "sync+")  \
  X(sync_calls, CRITRACE_PART_SYNCS, "sync+") \
  X(block, CRITRACE_PART_DISK, "block")       \
  X(cgroup, CRITRACE_PART_CGROUP, "cgroup")   \
  X(oom, CRITRACE_PART_OOM, "oom")            \
  X(signal, CRITRACE_PART_SIGNAL, "signal")   \
  X(tcp, CRITRACE_PART_TCP, "tcp")            \
  X(sched, CRITRACE_PART_SCHEDULING, "sched")

#define CRITRACE_DECLARE(file, part, role) extern const unsigned char critrace_##file##_object[], critrace_##file##_object_end[];
CRITRACE_OBJECTS(CRITRACE_DECLARE)
#undef CRITRACE_DECLARE

#endif
