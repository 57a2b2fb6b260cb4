/*
 * The kernel's structures, reduced to the fields that are used. libbpf puts in the offsets of the running kernel
 * (CO-RE). Every field named here was found in 6.1, 6.12 and 6.18 where nothing else is said.
 */
#ifndef CRITRACE_KERNEL_H
#define CRITRACE_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define SOCK_STREAM 1
#define RCV_SHUTDOWN 1
#define MSG_PEEK 2
#define EEXIST 17
#define TCP_ESTABLISHED 1
#define ENOENT 2
#define ECONNREFUSED 111

typedef _Bool bool;
#define true 1
#define false 0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
  __u64 hash_len;
  const unsigned char *name;
};

struct dentry {
  struct dentry *d_parent;
  struct qstr d_name;
};

struct path {
  struct vfsmount *mnt;
  struct dentry *dentry;
};

struct fs_struct {
  struct path root;
};

struct fdtable {
  unsigned int max_fds;
  struct file **fd;
};

struct files_struct {
  struct fdtable *fdt;
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

typedef struct {
  int counter;
} atomic_t;

struct percpu_counter {
  __s64 count;
};

struct mm_struct {
  unsigned long arg_start, arg_end, env_start, env_end;
  unsigned long hiwater_rss;         /* pages */
  struct percpu_counter rss_stat[4]; /* 6.2 and later: of files, anonymous, swapped out, shared */
};

struct signal_struct {
  atomic_t live; /* threads that have not exited */
  int group_exit_code;
  unsigned int flags;
  __u64 utime, stime; /* of threads that are gone, as sum_sched_runtime */
  unsigned long long sum_sched_runtime;
  unsigned long maxrss; /* pages */
};

struct sched_entity {
  __u64 sum_exec_runtime;
};

struct sigaction {
  void *sa_handler;
};

struct k_sigaction {
  struct sigaction sa;
};

struct sighand_struct {
  struct k_sigaction action[64];
};

struct kernfs_node {
  const char *name;
  struct kernfs_node *__parent; /* 6.15 and later */
  __u64 id;
};

struct kernfs_node___before_6_15 {
  struct kernfs_node *parent;
};

struct cgroup {
  struct kernfs_node *kn;
  struct cgroup_root *root;
};

struct cgroup_subsys_state {
  struct cgroup *cgroup;
};

struct css_set {
  struct cgroup_subsys_state *subsys[1];
  struct cgroup *dfl_cgrp;
};

enum cgroup_subsys_id {
  memory_cgrp_id = 0,
};

struct task_struct {
  unsigned int __state; /* 5.14 and later */
  int pid;
  int tgid;
  int exit_code;
  char comm[16];
  struct task_struct *real_parent;
  struct task_struct *group_leader;
  struct pid *thread_pid;
  struct hlist_node pid_links[4];
  const struct cred *cred;
  struct mm_struct *mm;
  struct signal_struct *signal;
  struct sighand_struct *sighand;
  struct css_set *cgroups;
  struct fs_struct *fs;
  struct files_struct *files;
  struct sched_entity se;
  __u64 utime, stime; /* ns */
  __u64 start_boottime; /* real_start_time before 5.5 */
};

struct sk_buff_head {
  struct sk_buff *next;
  struct sk_buff *prev;
};

struct in6_addr {
  __u8 bytes[16];
};

struct sock_common {
  unsigned short skc_family;
  unsigned char skc_state;
  __u32 skc_daddr;
  __be16 skc_dport;
  struct in6_addr skc_v6_daddr;
};

typedef struct {
  struct {
    int counter;
  } refs;
} refcount_t;

struct sock {
  struct sock_common __sk_common;
  struct sk_buff_head sk_receive_queue;
  struct socket *sk_socket;
  __u16 sk_type;
  __u16 sk_protocol;
  __u8 sk_shutdown;
  refcount_t sk_wmem_alloc; /* 1 when all that was sent is read */
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
  unsigned int len;
  char cb[48];
};

/* Of user space, as it called. */
struct pt_regs {
  unsigned long orig_ax, si, dx;
};

struct pt_regs___arm64 {
  __u64 regs[31];
  __s32 syscallno;
};

struct unix_skb_parms {
  __u32 consumed;
};

struct gendisk {
  int major;
  int first_minor;
  char disk_name[32];
};

struct request_queue {
  struct gendisk *disk;
};

struct request {
  struct request_queue *q;
  __u32 cmd_flags;
  unsigned int __data_len;
};

struct kernel_siginfo {
  int si_code;
};

struct super_block;

/* The fields of a tracepoint, by which its versions are told apart. */
struct trace_event_raw_mark_victim {
  __u32 uid; /* 6.8 and later */
};

struct iovec {
  void *iov_base;
  __u64 iov_len;
};

enum iter_type {
  ITER_IOVEC,
  ITER_UBUF, /* 6.0 and later; its value is another one there */
};

struct iov_iter {
  __u8 iter_type; /* 5.14 and later */
  __u64 iov_offset;
  const struct iovec *__iov; /* 6.4 and later */
  void *ubuf;
};

struct iov_iter___before_6_4 {
  const struct iovec *iov;
};

struct msghdr {
  struct iov_iter msg_iter;
};

struct unix_stream_read_state {
  struct socket *socket;
  struct msghdr *msg;
};

struct seq_file;
struct bpf_map;

struct bpf_iter_meta {
  struct seq_file *seq;
};

struct bpf_iter__task {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
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

/*
 * A field of what an address means, whichever way the address was come by. Never faults: a wrong address reads as zero.
 * A file that runs often and only on kernels that have bpf_rdonly_cast (6.2 and later) defines BY_CAST: a load then, a
 * call of a helper otherwise.
 */
#ifdef BY_CAST
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;
#define get(address, type, field) (((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))->field)
#else
#define get(address, type, field)                                    \
  ({                                                                 \
    const type *at_ = (const type *)(address);                       \
    typeof(((type *)0)->field) value_ = 0;                           \
    bpf_core_read(&value_, sizeof value_, &at_->field);              \
    value_;                                                          \
  })
#endif

#define offset_in(type, field) bpf_core_field_offset(type, field)

#endif
