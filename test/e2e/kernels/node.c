/* See driver.h. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

#define CGROUPS "/sys/fs/cgroup"
#define GROUP CGROUPS "/critrace-driver"
#define MEBIBYTE (1u << 20)

static const char group_path[] = "/critrace-driver";

static struct {
  uint32_t syncs[3], named, timed, actions[5], elsewhere, kills, killed_in, exits, peaks, connects, waits;
} told;

static bool follows(const uint8_t *record, uint32_t header, const char *text) {
  return memcmp(record + header, text, strlen(text) + 1) == 0;
}

static void take(uint32_t kind, const uint8_t *record) {
  if (kind == CRITRACE_RECORD_FILE_SYNC) {
    struct critrace_file_sync sync;
    memcpy(&sync, record, sizeof sync);
    if (sync.operation > CRITRACE_SYNC_SYNCFS) return;
    told.syncs[sync.operation]++;
    told.named += sync.file_bytes > 0 && follows(record, sizeof sync, "meta.db");
    told.timed += sync.event.at > sync.start;
  } else if (kind == CRITRACE_RECORD_CGROUP) {
    struct critrace_cgroup group;
    memcpy(&group, record, sizeof group);
    if (group.action > CRITRACE_CGROUP_REMOVE) return;
    if (follows(record, sizeof group, group_path)) told.actions[group.action]++;
    else told.elsewhere++;
  } else if (kind == CRITRACE_RECORD_OOM_KILL) {
    struct critrace_oom_kill kill;
    memcpy(&kill, record, sizeof kill);
    told.kills++;
    told.killed_in += kill.cgroup_bytes > 0 && follows(record, sizeof kill, group_path + 1);
  } else if (kind == CRITRACE_RECORD_EXIT) {
    struct critrace_exit ended;
    memcpy(&ended, record, sizeof ended);
    told.exits += WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 9;
    /* It has filled 32 MiB. */
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 9)
      told.peaks += ended.peak_rss_bytes >= 32 * MEBIBYTE && ended.peak_rss_bytes < 64 * MEBIBYTE;
  } else if (kind == CRITRACE_RECORD_TCP_CONNECT) {
    struct critrace_tcp_connect connect;
    memcpy(&connect, record, sizeof connect);
    told.connects += connect.port == 1 && connect.version == 4 && !connect.connected;
  } else if (kind == CRITRACE_RECORD_SCHEDULING) {
    struct critrace_scheduling scheduling;
    memcpy(&scheduling, record, sizeof scheduling);
    told.waits += scheduling.waits > 0;
  }
}

static void put(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text)) fail(path);
  close(file);
}

/* Runs it in a process of its own, which exits with 9 if it comes to its end. */
static void apart(void (*act)(void)) {
  pid_t child = fork();
  if (child == 0) {
    act();
    _exit(9);
  }
  waitpid(child, NULL, 0);
}

static void fill(uint32_t bytes) {
  volatile char *memory = malloc(bytes);
  for (uint32_t at = 0; at < bytes; at += 4096) memory[at] = 1;
}

static void fill_some(void) {
  fill(32 * MEBIBYTE);
}

static void join_and_fill(void) {
  char number[16];
  snprintf(number, sizeof number, "%d", getpid());
  put(GROUP "/cgroup.procs", number);
  fill(64 * MEBIBYTE);
}

static void act(void) {
  int file = open("/tmp/meta.db", O_CREAT | O_WRONLY, 0600);
  if (file < 0 || write(file, "x", 1) != 1 || fsync(file) != 0 || fdatasync(file) != 0 || syncfs(file) != 0) fail("sync");
  close(file);
  apart(fill_some);
  mkdir(GROUP, 0755);
  put(GROUP "/memory.max", "16777216");
  put(GROUP "/cgroup.freeze", "1");
  put(GROUP "/cgroup.freeze", "0");
  apart(join_and_fill);
  rmdir(GROUP);
  struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int to = socket(AF_INET, SOCK_STREAM, 0);
  connect(to, (struct sockaddr *)&nobody, sizeof nobody);
  close(to);
}

static bool complete(void) {
  for (int action = 0; action < 5; action++)
    if (told.actions[action] != 1) return false;
  return told.syncs[0] == 1 && told.syncs[2] == 1 && told.kills == 1 && told.exits == 1 &&
         told.connects == 1 && told.waits > 0;
}

static void loopback_up(void) {
  struct ifreq interface = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  int any = socket(AF_INET, SOCK_DGRAM, 0);
  if (ioctl(any, SIOCSIFFLAGS, &interface) != 0) fail("lo");
  close(any);
}

void try_node(void) {
  loopback_up();
  if (mount("cgroup", CGROUPS, "cgroup2", 0, NULL) != 0) fail("cgroup2");
  put(CGROUPS "/cgroup.subtree_control", "+memory");
  struct server server = server_start(act);
  bool works = open_tap(CRITRACE_PART_PROCESS | CRITRACE_PART_DISK | CRITRACE_PART_CGROUP | CRITRACE_PART_OOM |
                        CRITRACE_PART_TCP | CRITRACE_PART_SCHEDULING);
  if (works) server_act(&server);
  for (int round = 0; works && round < 5000 && !complete(); round++) {
    works = drain(take);
    pause_briefly();
  }
  check(works && told.syncs[0] == 1 && told.syncs[1] <= 1 && told.syncs[2] == 1 && told.named == 1 + told.syncs[1] &&
            told.timed == 2 + told.syncs[1],
        "node: syncs", "works %d, fsync %u, fdatasync %u, syncfs %u, named %u, timed %u: %s", works, told.syncs[0],
        told.syncs[1], told.syncs[2], told.named, told.timed, why);
  printf("node: fdatasync on tmpfs is %s\n", told.syncs[1] ? "seen" : "unseen");
  check(told.actions[0] == 1 && told.actions[1] == 1 && told.actions[2] == 1 && told.actions[3] == 1 &&
            told.actions[4] == 1 && told.elsewhere == 0,
        "node: a cgroup's life", "create %u, attach %u, freeze %u, thaw %u, remove %u, elsewhere %u", told.actions[0],
        told.actions[1], told.actions[2], told.actions[3], told.actions[4], told.elsewhere);
  check(told.kills == 1, "node: a kill for want of memory", "%u", told.kills);
  printf("node: the cgroup of the kill is %s\n", told.killed_in ? "known" : "unknown");
  check(told.exits == 1 && told.peaks == 1, "node: peak memory", "%u exits, %u with their peak", told.exits, told.peaks);
  check(told.connects == 1, "node: a connect in vain", "%u", told.connects);
  check(told.waits > 0, "node: waits for a processor", "%u", told.waits);
  server_end(&server);
  critrace_tap_close();
}
