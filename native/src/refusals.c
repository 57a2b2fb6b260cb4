#include "refusals.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"

_Static_assert(SOCKET_PATH_BYTES == CRITRACE_PATH_BYTES, "both are those of sockaddr_un");

static void connect_to_nobody(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/proc/critrace/nowhere"};
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0) return;
  if (connect(client, (struct sockaddr *)&address, sizeof address) == 0) errno = 0;
  close(client);
}

static void forget_all(int refusals) {
  struct refused_key key;
  while (bpf_map_get_next_key(refusals, NULL, &key) == 0 && bpf_map_delete_elem(refusals, &key) == 0) continue;
}

bool refusals_are_seen(int shared, int refusals) {
  struct shared before, after = {0};
  uint32_t first = 0;
  if (bpf_map_lookup_elem(shared, &first, &before) != 0) return false;
  struct shared trial = before;
  trial.name_lengths = ~0ull;
  if (bpf_map_update_elem(shared, &first, &trial, BPF_ANY) != 0) return false;
  connect_to_nobody();
  bool seen = bpf_map_lookup_elem(shared, &first, &after) == 0 && after.refused != before.refused;
  bpf_map_update_elem(shared, &first, &before, BPF_ANY);
  forget_all(refusals);
  return seen;
}

/* /proc/PID/stat has the start in the 22nd field, in hundredths of a second; the second may have anything in it. */
static bool lives(const struct critrace_process *process) {
  char path[32], text[1024];
  if (process->pid == 0) return false;
  snprintf(path, sizeof path, "/proc/%u/stat", process->pid);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  const char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at != NULL && strtoull(at, NULL, 10) == process->start / 10000000;
}

/* The path as it can be looked at from here; false: it cannot any more. */
static bool seen_from_here(const struct refused_key *key, const struct refused *refused, char path[2 * CRITRACE_PATH_BYTES]) {
  bool whole = key->path[0] == '/';
  if (whole && refused->same_root) return snprintf(path, 2 * CRITRACE_PATH_BYTES, "%s", key->path) > 0;
  if (!lives(&refused->client)) return false;
  return snprintf(path, 2 * CRITRACE_PATH_BYTES, "/proc/%u/%s%s", refused->client.pid, whole ? "root" : "cwd/", key->path) > 0;
}

/* -1: it was none of them. */
static int32_t endpoint_of(struct tap *tap, const struct refused_key *key, const struct refused *refused) {
  char path[2 * CRITRACE_PATH_BYTES];
  if (!seen_from_here(key, refused, path)) return -1;
  struct stat found;
  bool there = stat(path, &found) == 0;
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) {
    const struct endpoint *endpoint = &tap->endpoints[index];
    if (strcmp(path, endpoint->path) == 0) return (int32_t)index;
    if (there && endpoint->present && found.st_dev == endpoint->device && found.st_ino == endpoint->inode) return (int32_t)index;
    if (awaiting_is_at(tap, index, path)) return (int32_t)index;
  }
  return -1;
}

static int by_time(const void *one, const void *other) {
  const struct critrace_refusal *a = one, *b = other;
  return a->at < b->at ? -1 : a->at > b->at;
}

void refusals_collect(struct tap *tap) {
  struct refusals *all = &tap->refusals;
  int map = programs_map(&tap->programs, "refusals");
  uint64_t counted = ((const volatile struct shared *)tap->shared)->refused;
  if (map < 0 || counted == all->counted || all->next < all->count) return;
  all->counted = counted;
  all->count = all->next = 0;
  struct refused_key key;
  struct refused refused;
  while (all->count < MAX_REFUSALS && bpf_map_get_next_key(map, NULL, &key) == 0) {
    if (bpf_map_lookup_and_delete_elem(map, &key, &refused) != 0) break;
    int32_t endpoint = endpoint_of(tap, &key, &refused);
    if (endpoint < 0) continue;
    all->records[all->count++] = (struct critrace_refusal){
        .size = sizeof all->records[0],
        .kind = CRITRACE_RECORD_REFUSAL,
        .first_at = refused.first_at,
        .at = refused.last_at,
        .count = refused.count,
        .endpoint = (uint32_t)endpoint,
        .client = refused.client,
    };
  }
  qsort(all->records, all->count, sizeof all->records[0], by_time);
}

const struct critrace_refusal *refusals_peek(const struct refusals *refusals) {
  return refusals->next < refusals->count ? &refusals->records[refusals->next] : NULL;
}

void refusals_next(struct refusals *refusals) {
  refusals->next++;
}
