/*
 * The bytes of watched connections, as their readers copy them out of the socket. Nobody is woken and no system call is
 * touched. Needs bpf_dynptr_from_skb in a tp_btf program (6.12 and 6.18).
 */
#define BY_CAST
#include "bytes.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags, struct bpf_dynptr *pointer) __ksym;

/* The socket whose receive queue begins with this buffer. A buffer further behind is only peeked at. */
static __always_inline __u64 reader_of(const struct sk_buff *skb) {
  __u64 sk = (__u64)skb->prev - offset_in(struct sock, sk_receive_queue);
  if (get(sk, struct sock, __sk_common.skc_family) != AF_UNIX) return 0;
  struct socket *socket = get(sk, struct sock, sk_socket);
  if (!socket || (__u64)get(socket, struct socket, sk) != sk) return 0;
  return sk;
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(copy, struct sk_buff *skb, int len) {
  struct sock *sender = skb->sk;
  if (!sender || !is_unix_stream(sender) || len <= 0) return 0;
  struct shared *state = shared_state();
  __u64 reader = reader_of(skb);
  if (!state || !reader) return 0;
  struct side_state *entry = side_of(state, reader, (__u64)sender);
  if (!entry) return 0;

  __u64 at = bpf_ktime_get_ns();
  __u32 length = len;
  __u32 consumed = get((__u64)skb + offset_in(struct sk_buff, cb), struct unix_skb_parms, consumed);
  __u64 offset = entry->side.offset;
  __u32 done = 0;
  struct bpf_dynptr pointer;
#define read_buffer(to, n) bpf_dynptr_read(to, n, &pointer, consumed + done, 0)
  if (!bpf_dynptr_from_skb(skb, 0, &pointer)) {
    for (int i = 0; i < MAX_RECORDS_PER_PIECE && done < length; i++) {
      __u32 part = length - done;
      if (part > HUGE_BYTES) part = HUGE_BYTES;
      if (!put(part, state, &entry->side, offset + done, at, read_buffer)) count_lost(state, part);
      done += part;
    }
  }
  if (done < length) count_lost(state, length - done);
  advance(entry, length);
  return 0;
}
