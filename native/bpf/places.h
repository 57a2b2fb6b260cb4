/* Where sockets are watched. */
#ifndef CRITRACE_PLACES_H
#define CRITRACE_PLACES_H

#include "task.h"

/* Of sockets that are there: found at once. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 2 * CRITRACE_MAX_ENDPOINTS);
  __type(key, struct place);
  __type(value, struct watched);
} places SEC(".maps");

/* By endpoint, there or not: who connects to a socket in the moment in which it appears is met at its first byte. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, CRITRACE_MAX_ENDPOINTS);
  __type(key, __u32);
  __type(value, struct awaited);
} awaited SEC(".maps");

/* The library's and ours are filled up with zeros. */
static __always_inline bool has_name(__u64 dentry, const char *name) {
  char own[NAME_BYTES] = {};
  bpf_probe_read_kernel_str(own, sizeof own, get(dentry, struct dentry, d_name.name));
  const __u64 *words = (const __u64 *)name, *own_words = (const __u64 *)own;
  __u64 differs = 0;
#pragma unroll
  for (int word = 0; word < NAME_BYTES / 8; word++) differs |= words[word] ^ own_words[word];
  return !differs;
}

/* What is above the names of these lengths, a byte each; 0: they are others. */
static __always_inline __u64 above(__u64 dentry, __u64 lengths) {
  for (__u32 level = 0; level < LOCATION_LEVELS && lengths; level++, lengths >>= 8) {
    if (get(dentry, struct dentry, d_name.hash_len) >> 32 != (lengths & 0xff)) return 0;
    dentry = (__u64)get(dentry, struct dentry, d_parent);
  }
  return dentry;
}

static __always_inline bool is_at(__u64 dentry, const struct location *location) {
  for (__u32 level = 0; level < LOCATION_LEVELS && level < location->levels; level++) {
    if (!has_name(dentry, location->names[level])) return false;
    dentry = (__u64)get(dentry, struct dentry, d_parent);
  }
  return dentry == location->anchor;
}

/* Is called where the name may be right. What stands elsewhere is mostly known by a few lengths and an address. */
static __noinline __u32 awaited_at(const struct shared *state, __u64 dentry, struct watched *watched) {
  for (__u32 endpoint = 0; endpoint < CRITRACE_MAX_ENDPOINTS; endpoint++) {
    __u64 lengths = state->above[endpoint].lengths;
    if (!lengths || above(dentry, lengths) != state->above[endpoint].anchor) continue;
    __u32 key = endpoint;
    const struct awaited *found = bpf_map_lookup_elem(&awaited, &key);
    if (!found || !is_at(dentry, &found->location)) continue;
    watched->endpoint = endpoint;
    watched->state = found->state;
    return 1;
  }
  return 0;
}

static __always_inline bool watched_at(const struct shared *state, const struct dentry *dentry, struct watched *watched) {
  if (!dentry) return false;
  struct place place = {.name = get(dentry, struct dentry, d_name.hash_len)};
  if (!(state->name_lengths >> (place.name >> 32 & 63) & 1)) return false;
  place.directory = (__u64)get(dentry, struct dentry, d_parent);
  const struct watched *found = bpf_map_lookup_elem(&places, &place);
  if (!found) return awaited_at(state, (__u64)dentry, watched);
  *watched = *found;
  return true;
}

#endif
