/*
 * Tells the kernel where a watched socket is or will be. Between the bind of a runtime that comes back and its first client
 * there is less time than between two looks of ours.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static uint64_t lengths_of(const struct location *location) {
  uint64_t lengths = 0;
  for (uint32_t level = location->levels; level-- > 0;) lengths = lengths << 8 | strlen(location->names[level]);
  return lengths;
}

static int32_t enter(struct tap *tap, uint32_t index, uint32_t state) {
  struct awaited *told = &tap->endpoints[index].awaiting.told;
  told->state = state;
  int map = programs_map(&tap->programs, "awaited");
  tap->shared->above[index].lengths = 0;
  if (state == 0) return bpf_map_delete_elem(map, &index) == 0 || errno == ENOENT ? 0 : -errno;
  if (bpf_map_update_elem(map, &index, told, BPF_ANY) != 0) return -errno;
  tap->shared->name_lengths |= 1ull << (strlen(told->location.names[0]) & 63);
  tap->shared->above[index].anchor = told->location.anchor;
  tap->shared->above[index].lengths = lengths_of(&told->location);
  return 0;
}

/* Takes `below` over. */
static int32_t await(struct tap *tap, uint32_t index, int below, const struct location *location) {
  struct awaiting *awaiting = &tap->endpoints[index].awaiting;
  bool known = awaiting->told.state != 0 && memcmp(&awaiting->told.location, location, sizeof *location) == 0;
  int before = awaiting->below;
  int32_t error = 0;
  if (!known) {
    awaiting->told.location = *location;
    if (location->anchor == 0 || location->levels == 0) {
      error = enter(tap, index, 0);
    } else {
      /* What is met during the search may be older than the tap. */
      error = enter(tap, index, PLACE_SEARCHED);
      if (!error) error = programs_iterate(tap->connections);
      if (!error) error = enter(tap, index, PLACE_WATCHED);
    }
  }
  awaiting->below = below;
  if (before >= 0) close(before);
  return error;
}

int32_t awaiting_here(struct tap *tap, uint32_t index, int file, const struct location *location) {
  tap->endpoints[index].awaiting.missing = 0;
  int below = fcntl(file, F_DUPFD_CLOEXEC, 0);
  return below < 0 ? -errno : await(tap, index, below, location);
}

/* Opens the last directory on the way that is there. The names after it come last one first. A negative errno: there is none. */
static int open_last(const char *path, struct location *missing) {
  char way[2 * CRITRACE_PATH_BYTES];
  *missing = (struct location){0};
  if ((size_t)snprintf(way, sizeof way, "%s", path) >= sizeof way) return -ENAMETOOLONG;
  for (;;) {
    char *slash = strrchr(way, '/');
    const char *name = slash == NULL ? way : slash + 1;
    if (name[0] != '\0' && strcmp(name, ".") != 0) {
      if (missing->levels == LOCATION_LEVELS || strlen(name) >= NAME_BYTES || strcmp(name, "..") == 0) return -ENAMETOOLONG;
      memcpy(missing->names[missing->levels++], name, strlen(name));
    }
    if (slash != NULL) *slash = '\0';
    const char *folder = slash == NULL ? "." : way[0] == '\0' ? "/" : way;
    int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (opened >= 0) return opened;
    if (errno != ENOENT || slash == NULL || way[0] == '\0') return -errno;
  }
}

/* Adds the names of the directory and of those above it. */
static int32_t complete(struct tap *tap, int folder, struct location *location) {
  struct location above;
  int32_t error = endpoint_find(tap, folder, LOCATION_LEVELS - location->levels, NULL, &above);
  if (error) return error;
  memcpy(location->names[location->levels], above.names, above.levels * sizeof above.names[0]);
  location->levels += above.levels;
  location->anchor = above.anchor;
  return 0;
}

int32_t awaiting_absent(struct tap *tap, uint32_t index) {
  struct awaiting *awaiting = &tap->endpoints[index].awaiting;
  struct location location;
  struct stat found;
  int folder = open_last(tap->endpoints[index].path, &location);
  if (folder < 0) return 0;
  uint32_t missing = location.levels;
  bool same = fstat(folder, &found) == 0 && awaiting->missing == missing && awaiting->device == found.st_dev &&
              awaiting->inode == found.st_ino;
  int32_t error = same ? 0 : complete(tap, folder, &location);
  if (same || error) {
    close(folder);
    return error;
  }
  awaiting->missing = missing;
  awaiting->device = found.st_dev;
  awaiting->inode = found.st_ino;
  return await(tap, index, folder, &location);
}

bool awaiting_is_at(struct tap *tap, uint32_t index, const char *path) {
  const struct awaited *told = &tap->endpoints[index].awaiting.told;
  struct location location;
  int folder = told->state == 0 ? -1 : open_last(path, &location);
  if (folder < 0) return false;
  bool same = complete(tap, folder, &location) == 0 && memcmp(&told->location, &location, sizeof location) == 0;
  close(folder);
  return same;
}
