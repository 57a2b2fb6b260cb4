/* Ends of reads. Needs the tracepoint sock_recv_length (6.3 and later). */
#define BY_CAST
#include "reads.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sock_recv_length")
int BPF_PROG(read, struct sock *sk, int ret, int flags) {
  return is_unix_stream(sk) ? read_ended(sk, ret, flags) : 0;
}
