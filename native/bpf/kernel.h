/*
 * The kernel's structures, reduced to the fields that are used. libbpf puts in the offsets of the running kernel
 * (CO-RE). Every field named here was found in 6.18; those of older kernels that differ are noted.
 */
#ifndef CRITRACE_KERNEL_H
#define CRITRACE_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define AF_UNIX 1
#define SOCK_STREAM 1
#define RCV_SHUTDOWN 1
#define MSG_PEEK 2
#define EEXIST 17

typedef _Bool bool;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
  __u64 hash_len;
};

struct dentry {
  struct dentry *d_parent;
  struct qstr d_name;
};

struct path {
  struct dentry *dentry;
};

struct inode {
  unsigned long i_ino;
};

struct file {
  struct path f_path;
};

struct hlist_node {
  struct hlist_node *next;
};

struct hlist_head {
  struct hlist_node *first;
};

struct upid {
  int nr;
  struct pid_namespace *ns;
};

struct pid {
  unsigned int level;
  struct hlist_head tasks[4]; /* [0]: the thread of this number */
  struct upid numbers[1];
};

typedef struct {
  __u32 val;
} kuid_t;

struct cred {
  kuid_t euid;
};

struct task_struct {
  int tgid;
  char comm[16];
  struct task_struct *group_leader;
  struct pid *thread_pid;
  struct hlist_node pid_links[4];
  const struct cred *cred;
  __u64 start_boottime; /* real_start_time before 5.5 */
};

struct sk_buff_head {
  struct sk_buff *next;
  struct sk_buff *prev;
};

struct sock_common {
  unsigned short skc_family;
};

struct sock {
  struct sock_common __sk_common;
  struct sk_buff_head sk_receive_queue;
  struct socket *sk_socket;
  __u16 sk_type;
  __u8 sk_shutdown;
  struct pid *sk_peer_pid;
  const struct cred *sk_peer_cred;
};

struct socket {
  struct sock *sk;
};

struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};

struct unix_sock {
  struct sock sk;
  struct path path;
  struct sock *peer;
};

struct sk_buff {
  struct sk_buff *next;
  struct sk_buff *prev;
  struct sock *sk;
  char cb[48];
};

struct unix_skb_parms {
  __u32 consumed;
};

struct seq_file;
struct bpf_map;

struct bpf_iter_meta {
  struct seq_file *seq;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
  __u32 fd;
  struct file *file;
};

struct bpf_iter__bpf_map_elem {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
  void *key;
  void *value;
};

#pragma clang attribute pop

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym; /* 6.2 and later */

/* Reads through the result never fault: a wrong address reads as zero. */
#define cast(address, type) ((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))

#define offset_in(type, field) bpf_core_field_offset(type, field)

#endif
