/* Keeps watched sockets found, however their paths are written and whatever becomes of them. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

/* Where the kernel keeps the file behind the path: 0, or a negative errno. */
static int32_t find_place(struct tap *tap, const struct endpoint *endpoint, struct place *place, int *directory) {
  int file = open(endpoint->path, O_PATH | O_CLOEXEC);
  if (file < 0) return -errno;
  tap->shared->found = (struct place){0};
  tap->shared->wanted_descriptor = (uint32_t)file;
  int32_t result = programs_iterate(tap->place);
  if (result == 0 && tap->shared->found.directory == 0) result = -ENOENT;
  *place = tap->shared->found;
  if (result == 0) {
    /* The directory of the file itself, also where the path is a symbolic link. */
    char link[64], real[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, real, sizeof real - 1);
    if (length > 0) {
      real[length] = '\0';
      *directory = open(dirname(real), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
  }
  close(file);
  return result;
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

  struct place place;
  int directory = -1;
  int32_t error = find_place(tap, endpoint, &place, &directory);
  if (error) {
    if (directory >= 0) close(directory);
    return error == -ENOENT ? 0 : error;
  }
  volatile struct place *kept = &tap->shared->places[index];
  endpoint->present = true;
  endpoint->moved = true;
  endpoint->device = found.st_dev;
  endpoint->inode = found.st_ino;
  if (kept->state != PLACE_UNUSED && kept->directory == place.directory && kept->name == place.name) {
    if (directory >= 0) close(directory);
    return 0;
  }
  kept->state = PLACE_UNUSED;
  __sync_synchronize();
  kept->directory = place.directory;
  kept->name = place.name;
  __sync_synchronize();
  kept->state = PLACE_SEARCHED;
  if (endpoint->directory >= 0) close(endpoint->directory);
  endpoint->directory = directory;
  error = programs_iterate(tap->connections);
  __sync_synchronize();
  kept->state = PLACE_WATCHED;
  return error;
}
