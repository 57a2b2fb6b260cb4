/* Connects that fail, where their buffer is told as dropped: before 6.14. */
#include "unqueued.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/kfree_skb")
int BPF_PROG(dropped, struct sk_buff *skb) {
  return freed(skb);
}
