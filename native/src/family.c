#include "family.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bpf/shared.h"

/* Seeds in the kernel's table at once. */
#define MAX_SEEDS 1024
/* A child may stand before its parent in a walk over all processes: so many generations are found. */
#define MAX_WALKS 16
#define ARGUMENT_BYTES 4096

static ssize_t read_file(uint32_t pid, const char *name, char *to, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t length = read(file, to, size - 1);
  close(file);
  if (length >= 0) to[length] = '\0';
  return length;
}

/* The socket as the process of that number sees it, or, without CAP_SYS_PTRACE, as we see it. */
static bool is_watched(const struct tap *tap, uint32_t pid, const char *path) {
  char seen[4096];
  struct stat found;
  if ((size_t)snprintf(seen, sizeof seen, "/proc/%u/root%s", pid, path) >= sizeof seen) return false;
  if (stat(seen, &found) != 0 && stat(path, &found) != 0) return false;
  for (uint32_t index = 0; index < tap->plan.endpoints; index++) {
    const struct endpoint *endpoint = &tap->endpoints[index];
    if (endpoint->present && endpoint->device == found.st_dev && endpoint->inode == found.st_ino) return true;
  }
  return false;
}

/* Does this process run containers for a watched runtime? */
static bool serves(const struct tap *tap, uint32_t pid) {
  char name[32], arguments[ARGUMENT_BYTES];
  if (read_file(pid, "comm", name, sizeof name) <= 0) return false;
  bool shim = strncmp(name, "containerd-shim", 15) == 0;
  if (!shim && strncmp(name, "conmon", 6) != 0) return false;
  ssize_t length = read_file(pid, "cmdline", arguments, sizeof arguments);
  bool address = false;
  for (const char *argument = arguments; argument < arguments + length; argument += strlen(argument) + 1) {
    /* A shim knows its containerd by the socket; conmon knows only CRI-O's folders. */
    if (shim && address && is_watched(tap, pid, argument)) return true;
    address = strcmp(argument, "-address") == 0;
    if (!shim && strstr(argument, "/crio/") != NULL)
      for (uint32_t index = 0; index < tap->plan.endpoints; index++)
        if (strstr(tap->endpoints[index].path, "crio") != NULL) return true;
  }
  return false;
}

static int32_t adopt(struct tap *tap) {
  int32_t error = 0;
  for (int walk = 0; walk < MAX_WALKS && !error; walk++) {
    tap->shared->adopted = 0;
    error = programs_iterate(tap->adopt);
    if (tap->shared->adopted == 0) break;
  }
  return error;
}

static void forget_seeds(int seeds, const uint32_t *pids, uint32_t count) {
  for (uint32_t index = 0; index < count; index++) bpf_map_delete_elem(seeds, &pids[index]);
}

int32_t family_search(struct tap *tap) {
  if (tap->adopt == NULL) return 0;
  int seeds = programs_map(&tap->programs, "seeds");
  uint32_t pids[MAX_SEEDS];
  uint32_t count = 0;
  const uint32_t role = 0;
  DIR *folder = opendir("/proc");
  if (folder != NULL) {
    for (struct dirent *entry; count < MAX_SEEDS && (entry = readdir(folder)) != NULL;) {
      if (!isdigit((unsigned char)entry->d_name[0])) continue;
      uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
      if (serves(tap, pid) && bpf_map_update_elem(seeds, &pid, &role, BPF_ANY) == 0) pids[count++] = pid;
    }
    closedir(folder);
  }
  int32_t error = programs_iterate(tap->servers);
  if (!error) error = adopt(tap);
  forget_seeds(seeds, pids, count);
  return error;
}

void family_meet(struct tap *tap, const struct critrace_process *server) {
  if (tap->adopt == NULL || server->pid == 0 || server->start == 0) return;
  for (uint32_t index = 0; index < MAX_SERVERS; index++)
    if (tap->met[index].pid == server->pid && tap->met[index].start == server->start) return;
  tap->met[tap->next_met++ % MAX_SERVERS] = *server;
  int seeds = programs_map(&tap->programs, "seeds");
  const uint32_t role = ROLE_RUNTIME;
  /* Behind a socket that a service manager keeps, it may be who accepts that is named. */
  if (server->pid == 1 || bpf_map_update_elem(seeds, &server->pid, &role, BPF_ANY) != 0) return;
  adopt(tap);
  forget_seeds(seeds, &server->pid, 1);
}
