/*
 * Requests to block devices as numbers: of each process of the family, and of all others together. Who issues a request
 * is who it belongs to; what the kernel writes back later belongs to the others.
 */
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define OPERATION_MASK 0xff
#define REQ_OP_READ 0
#define REQ_OP_FLUSH 2
#define REQ_OP_DISCARD 3
#define REQ_OP_SECURE_ERASE 5

struct sum_key {
  __u32 tgid; /* 0: the others */
  __u32 device;
  __u32 operation;
};

struct issued {
  struct sum_key key;
  __u32 bytes;
  __u64 at;
  struct critrace_process process;
  char device[CRITRACE_DEVICE_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64); /* address of the request */
  __type(value, struct issued);
} requests SEC(".maps");

/* What has ended since it was last written out. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct sum_key);
  __type(value, struct critrace_block_io);
} sums SEC(".maps");

static __always_inline __u32 operation_of(__u32 flags) {
  switch (flags & OPERATION_MASK) {
    case REQ_OP_READ:
      return CRITRACE_BLOCK_READ;
    case REQ_OP_FLUSH:
      return CRITRACE_BLOCK_FLUSH;
    case REQ_OP_DISCARD:
    case REQ_OP_SECURE_ERASE:
      return CRITRACE_BLOCK_DISCARD;
    default:
      return CRITRACE_BLOCK_WRITE;
  }
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(issue, struct request *request) {
  struct shared *state = shared_state();
  struct gendisk *disk = request->q->disk;
  if (!state || !disk) return 0;
  struct issued issued = {};
  struct member *member = current_member();
  if (member) {
    issued.key.tgid = bpf_get_current_pid_tgid() >> 32;
    issued.process = member->process;
  }
  issued.key.device = disk->major << 20 | disk->first_minor;
  issued.key.operation = operation_of(request->cmd_flags);
  issued.bytes = request->__data_len;
  issued.at = bpf_ktime_get_ns();
  bpf_core_read(issued.device, sizeof issued.device, &disk->disk_name);
  __u64 address = (__u64)request;
  if (bpf_map_update_elem(&requests, &address, &issued, BPF_ANY) && member) __sync_fetch_and_add(&state->lost_events, 1);
  return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(complete, struct request *request) {
  __u64 address = (__u64)request;
  struct shared *state = shared_state();
  struct issued *issued = bpf_map_lookup_elem(&requests, &address);
  if (!state || !issued) return 0;
  struct sum_key key = issued->key;
  struct critrace_block_io *sum = bpf_map_lookup_elem(&sums, &key);
  if (!sum) {
    struct critrace_block_io none = {
        .event = {.size = sizeof none, .kind = CRITRACE_RECORD_BLOCK_IO, .process = issued->process},
        .operation = key.operation,
    };
    __builtin_memcpy(none.device, issued->device, sizeof none.device);
    bpf_map_update_elem(&sums, &key, &none, BPF_NOEXIST);
    sum = bpf_map_lookup_elem(&sums, &key);
  }
  if (sum) {
    __sync_fetch_and_add(&sum->requests, 1);
    __sync_fetch_and_add(&sum->bytes, issued->bytes);
    __sync_fetch_and_add(&sum->duration_ns, bpf_ktime_get_ns() - issued->at);
  } else if (key.tgid) {
    __sync_fetch_and_add(&state->lost_events, 1);
  }
  if (key.tgid) __sync_fetch_and_add(&state->block_requests, 1);
  bpf_map_delete_elem(&requests, &address);
  return 0;
}

/* Writes the sums out and begins them anew. Others count only while the family waits for a device too. */
SEC("iter/bpf_map_elem")
int load(struct bpf_iter__bpf_map_elem *context) {
  struct sum_key *found = context->key;
  struct critrace_block_io *sum = context->value;
  struct shared *state = shared_state();
  if (!found || !sum || !state) return 0;
  struct sum_key key = *found;
  struct critrace_block_io told = *sum;
  if (told.requests == 0) {
    if (key.tgid && !bpf_map_lookup_elem(&family, &key.tgid)) bpf_map_delete_elem(&sums, &key);
    return 0;
  }
  told.event.at = bpf_ktime_get_ns();
  /* Where there was no room, it is asked for once more. */
  if ((key.tgid || state->tell_others) && bpf_seq_write(context->meta->seq, &told, sizeof told)) return 0;
  __sync_fetch_and_add(&sum->requests, -told.requests);
  __sync_fetch_and_add(&sum->bytes, -told.bytes);
  __sync_fetch_and_add(&sum->duration_ns, -told.duration_ns);
  return 0;
}
