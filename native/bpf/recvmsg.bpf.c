/* Ends of reads, by a trampoline. Needs fentry and fexit. */
#include "reads.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/unix_stream_recvmsg")
int BPF_PROG(recvmsg_begins, struct socket *socket, struct msghdr *message, __u64 size, int flags) {
  return read_begins(socket->sk);
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(recvmsg, struct socket *socket, struct msghdr *message, __u64 size, int flags, int ret) {
  return read_ended(socket->sk, ret, flags);
}
