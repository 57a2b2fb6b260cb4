/* The cgroup of a task, as a path. */
#ifndef CRITRACE_CGROUP_H
#define CRITRACE_CGROUP_H

#include "kernel.h"

#define CGROUP_NAME_BYTES 128
#define CGROUP_DEPTH 10
#define CGROUP_BYTES (CGROUP_NAME_BYTES * CGROUP_DEPTH)

static __always_inline struct kernfs_node *parent_node(struct kernfs_node *node) {
  if (bpf_core_field_exists(node->__parent)) return BPF_CORE_READ(node, __parent);
  struct kernfs_node___before_6_15 *older = (void *)node;
  return BPF_CORE_READ(older, parent);
}

/* The hierarchy of the memory controller: the only one, or where version 1 keeps containers apart. */
static __always_inline struct cgroup *memory_cgroup(struct task_struct *task) {
  struct css_set *set = BPF_CORE_READ(task, cgroups);
  if (!set || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) return 0;
  __u64 at = (__u64)set + offset_in(struct css_set, subsys) +
             bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) * sizeof(void *);
  struct cgroup_subsys_state *state = 0;
  bpf_probe_read_kernel(&state, sizeof state, (void *)at);
  return BPF_CORE_READ(state, cgroup);
}

/* The one of the unified hierarchy, where it is not the root. */
static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task) {
  struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  if (node && parent_node(node)) return node;
  struct cgroup *cgroup = memory_cgroup(task);
  return cgroup ? BPF_CORE_READ(cgroup, kn) : 0;
}

/* Its names, the last one first; returns how many bytes of `names` they take. */
static __always_inline __u32 put_cgroup(struct task_struct *task, char names[CGROUP_BYTES]) {
  struct kernfs_node *node = cgroup_node(task);
  __u32 used = 0;
  for (int depth = 0; depth < CGROUP_DEPTH && node; depth++) {
    struct kernfs_node *parent = parent_node(node);
    if (!parent || used > CGROUP_BYTES - CGROUP_NAME_BYTES) break;
    long length = bpf_probe_read_kernel_str(names + used, CGROUP_NAME_BYTES, BPF_CORE_READ(node, name));
    if (length <= 0 || length > CGROUP_NAME_BYTES) break;
    used += length;
    node = parent;
  }
  return used;
}

#endif
