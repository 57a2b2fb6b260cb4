/* Times of writes. Needs the tracepoint sock_send_length (6.3 and later). */
#define BY_CAST
#include "sends.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sock_send_length")
int BPF_PROG(sent, struct sock *sk, int ret, int flags) {
  return is_unix_stream(sk) ? send_ended(sk, ret) : 0;
}
