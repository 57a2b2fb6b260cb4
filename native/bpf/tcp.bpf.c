/* TCP connections that the runtime itself opens, and what it runs besides containers: to a registry. */
#include "family.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64); /* address of the socket */
  __type(value, struct critrace_tcp_connect);
} connects SEC(".maps");

static __always_inline void begin_connect(struct shared *state, const struct sock *sk, __u64 address) {
  struct member *member = current_member();
  if (!member || !(member->role & ROLE_RUNTIME)) return;
  struct critrace_tcp_connect record = {.start = bpf_ktime_get_ns()};
  record.event.process = member->process;
  record.port = __builtin_bswap16(sk->__sk_common.skc_dport);
  if (sk->__sk_common.skc_family == AF_INET6) {
    record.version = 6;
    bpf_core_read(record.address, sizeof record.address, &sk->__sk_common.skc_v6_daddr);
  } else {
    record.version = 4;
    bpf_core_read(record.address, sizeof(__u32), &sk->__sk_common.skc_daddr);
  }
  bpf_map_update_elem(&connects, &address, &record, BPF_ANY);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(set_state, const struct sock *sk, int before, int after) {
  struct shared *state = shared_state();
  __u64 address = (__u64)sk;
  if (!state || sk->sk_protocol != IPPROTO_TCP) return 0;
  if (after == TCP_SYN_SENT) {
    begin_connect(state, sk, address);
  } else if (before == TCP_SYN_SENT) {
    struct critrace_tcp_connect *found = bpf_map_lookup_elem(&connects, &address);
    if (!found) return 0;
    struct critrace_tcp_connect record = *found;
    begin_event(&record.event, CRITRACE_RECORD_TCP_CONNECT, sizeof record);
    record.connected = after == TCP_ESTABLISHED;
    tell(state, &record, sizeof record);
    bpf_map_delete_elem(&connects, &address);
  }
  return 0;
}
