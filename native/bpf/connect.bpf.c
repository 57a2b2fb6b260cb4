/* Connects of unix streams that nobody answers. Needs fexit. */
#include "refusals.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fexit/unix_stream_connect")
int BPF_PROG(connect, struct socket *socket, __u64 address, int length, int flags, int ret) {
  if (ret != -ENOENT && ret != -ECONNREFUSED) return 0;
  __u32 bytes = (__u32)length - sizeof(__u16);
  if (bytes == 0) return 0;
  asm volatile("" : "+r"(bytes)); /* or the compiler compares one less, which the verifier does not take for a bound */
  if (bytes > SOCKET_PATH_BYTES) return 0;
  struct refused_key key = {};
  if (bpf_probe_read_kernel_str(key.path, bytes + 1, (void *)(address + sizeof(__u16))) < 0) return 0;
  return refuse(&key);
}
