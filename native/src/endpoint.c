/* Keeps watched sockets found. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

int32_t endpoint_find(struct tap *tap, int file, uint32_t levels, struct place *place, struct location *location) {
  struct shared *shared = tap->shared;
  shared->found = (struct place){0};
  shared->located = (struct location){0};
  shared->wanted_descriptor = (uint32_t)file;
  shared->wanted_levels = levels;
  int32_t result = programs_iterate(tap->place);
  if (place != NULL) *place = shared->found;
  *location = shared->located;
  return result == 0 && shared->found.directory == 0 ? -ENOENT : result;
}

static bool same_place(const struct place *one, const struct place *other) {
  return one->directory == other->directory && one->name == other->name;
}

static void unwatch(struct tap *tap, struct endpoint *endpoint) {
  if (!endpoint->owner) return;
  endpoint->owner = false;
  bpf_map_delete_elem(programs_map(&tap->programs, "places"), &endpoint->place);
  /* Another path to this place has it to itself now. */
  for (uint32_t index = 0; index < tap->plan.endpoints; index++)
    if (same_place(&tap->endpoints[index].place, &endpoint->place)) tap->endpoints[index].present = false;
}

/* Where its location cannot be told, who is connected must be searched for. */
static int32_t watch(struct tap *tap, uint32_t index) {
  struct endpoint *endpoint = &tap->endpoints[index];
  int places = programs_map(&tap->programs, "places");
  struct watched watched = {.endpoint = index, .state = PLACE_SEARCHED};
  if (endpoint->awaiting.told.state != 0) watched.state = PLACE_WATCHED;
  tap->shared->name_lengths |= 1ull << (endpoint->place.name >> 32 & 63);
  if (bpf_map_update_elem(places, &endpoint->place, &watched, BPF_NOEXIST) != 0) return errno == EEXIST ? 0 : -errno;
  endpoint->owner = true;
  if (watched.state == PLACE_WATCHED) return 0;
  int32_t error = programs_iterate(tap->connections);
  watched.state = PLACE_WATCHED;
  if (bpf_map_update_elem(places, &endpoint->place, &watched, BPF_ANY) != 0) return -errno;
  return error;
}

int32_t endpoint_follow(struct tap *tap, uint32_t index) {
  struct endpoint *endpoint = &tap->endpoints[index];
  struct stat found;
  bool present = stat(endpoint->path, &found) == 0 && S_ISSOCK(found.st_mode);
  if (!present) {
    endpoint->present = false;
    return awaiting_absent(tap, index);
  }
  if (endpoint->present && found.st_dev == endpoint->device && found.st_ino == endpoint->inode) return 0;

  int file = open(endpoint->path, O_PATH | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? 0 : -errno;
  struct place place;
  struct location location;
  int32_t error = endpoint_find(tap, file, LOCATION_LEVELS, &place, &location);
  if (error) {
    close(file);
    return error == -ENOENT ? 0 : error;
  }
  bool moved = endpoint->file < 0 || !same_place(&endpoint->place, &place);
  endpoint->moved = true;
  if (moved) unwatch(tap, endpoint);
  if (endpoint->file >= 0) close(endpoint->file);
  endpoint->file = file;
  endpoint->place = place;
  endpoint->device = found.st_dev;
  endpoint->inode = found.st_ino;
  endpoint->present = true;
  error = awaiting_here(tap, index, file, &location);
  return error || endpoint->owner ? error : watch(tap, index);
}

void endpoint_end(struct endpoint *endpoint) {
  if (endpoint->file >= 0) close(endpoint->file);
  if (endpoint->awaiting.below >= 0) close(endpoint->awaiting.below);
}
