/* Times of writes, by a trampoline. Needs fexit. */
#include "sends.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(sendmsg, struct socket *socket, struct msghdr *message, __u64 size, int ret) {
  return send_ended(socket->sk, ret);
}
