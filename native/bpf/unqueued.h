/*
 * Where a connect cannot be followed by a trampoline: before a unix stream looks for whom it connects to, it makes what it
 * would put into the listener's queue, a buffer without bytes that belongs to a socket without a peer. When such a one is
 * freed, a connect has failed: in whose process this happens, and with what arguments, says who called. Why is not known.
 * Needs bpf_task_pt_regs (5.15).
 */
#ifndef CRITRACE_UNQUEUED_H
#define CRITRACE_UNQUEUED_H

#include "refusals.h"

#define TCP_CLOSE 7
#define CALL_CONNECT_X86_64 42
#define CALL_CONNECT_ARM64 203

/* The sockaddr of the system call, and its length; false: it is another call. */
static __always_inline bool of_connect(const struct pt_regs *registers, __u64 *address, __u32 *length) {
  if (bpf_core_field_exists(registers->orig_ax)) {
    *address = get(registers, struct pt_regs, si);
    *length = get(registers, struct pt_regs, dx);
    return get(registers, struct pt_regs, orig_ax) == CALL_CONNECT_X86_64;
  }
  *address = get(registers, struct pt_regs___arm64, regs[1]);
  *length = get(registers, struct pt_regs___arm64, regs[2]);
  return get(registers, struct pt_regs___arm64, syscallno) == CALL_CONNECT_ARM64;
}

static __always_inline int freed(const struct sk_buff *skb) {
  if (skb->len) return 0;
  struct sock *sk = skb->sk;
  if (!sk || sk->__sk_common.skc_family != AF_UNIX) return 0;
  if (get(sk, struct unix_sock, peer) || sk->__sk_common.skc_state != TCP_CLOSE) return 0;
  __u64 address;
  __u32 length;
  if (!of_connect((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), &address, &length)) return 0;
  __u32 bytes = length - sizeof(__u16);
  if (bytes == 0) return 0;
  asm volatile("" : "+r"(bytes)); /* or the compiler compares one less, which the verifier does not take for a bound */
  if (bytes > SOCKET_PATH_BYTES) return 0;
  struct refused_key key = {};
  if (bpf_probe_read_user_str(key.path, bytes + 1, (void *)(address + sizeof(__u16))) < 0) return 0;
  return refuse(&key);
}

#endif
