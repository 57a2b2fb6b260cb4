/* Connects that fail, where their buffer is told as consumed: 6.14 and later. */
#include "unqueued.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/consume_skb")
int BPF_PROG(consumed, struct sk_buff *skb) {
  return freed(skb);
}
