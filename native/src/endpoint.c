/* Keeps watched sockets found, however their paths are written and whatever becomes of them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

/* Where the kernel keeps an open file: 0, or a negative errno. */
static int32_t find_place(struct tap *tap, int file, struct place *place) {
  tap->shared->found = (struct place){0};
  tap->shared->wanted_descriptor = (uint32_t)file;
  int32_t result = programs_iterate(tap->place);
  *place = tap->shared->found;
  return result == 0 && place->directory == 0 ? -ENOENT : result;
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

static int32_t watch(struct tap *tap, uint32_t index) {
  struct endpoint *endpoint = &tap->endpoints[index];
  int places = programs_map(&tap->programs, "places");
  struct watched watched = {.endpoint = index, .state = PLACE_SEARCHED};
  if (bpf_map_update_elem(places, &endpoint->place, &watched, BPF_NOEXIST) != 0) return errno == EEXIST ? 0 : -errno;
  endpoint->owner = true;
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
    return 0;
  }
  if (endpoint->present && found.st_dev == endpoint->device && found.st_ino == endpoint->inode) return 0;

  int file = open(endpoint->path, O_PATH | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? 0 : -errno;
  struct place place;
  int32_t error = find_place(tap, file, &place);
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
  return endpoint->owner ? 0 : watch(tap, index);
}
