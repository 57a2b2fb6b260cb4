/* See driver.h. */
#include "driver.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define EVERYTHING (0xffu | CRITRACE_PART_SYNCS)

#define FOLDER "/tmp/critrace-driver"

const char socket_path[] = FOLDER "/runtime.sock";
int failures;
char why[8192];

static _Alignas(8) uint8_t buffer[1 << 20];

bool check(bool holds, const char *name, const char *format, ...) {
  va_list arguments;
  if (holds) {
    printf("ok %s\n", name);
  } else {
    failures++;
    printf("not ok %s: ", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
  }
  fflush(stdout);
  return holds;
}

_Noreturn void fail(const char *what) {
  printf("not ok driver: %s: %s\n", what, strerror(errno));
  fflush(stdout);
  _exit(1);
}

void pause_briefly(void) {
  struct timespec time = {.tv_nsec = 2000000};
  nanosleep(&time, NULL);
}

int listening(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
  unlink(socket_path);
  rmdir(FOLDER);
  if (mkdir(FOLDER, 0755) != 0) fail("mkdir");
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
    fail("listen");
  return listener;
}

bool open_tap(uint32_t parts) {
  struct critrace_tap_plan plan = {.size = sizeof plan,
                                   .version = CRITRACE_ABI_VERSION,
                                   .ring_bytes = 64 << 20,
                                   .event_ring_bytes = 1 << 20,
                                   .max_connections = 256,
                                   .max_processes = 256,
                                   .parts = parts,
                                   .endpoints = 1};
  strcpy(plan.paths[0], socket_path);
  int32_t error = critrace_tap_open(&plan, buffer, sizeof buffer);
  if (error == 0) error = critrace_tap_attach();
  if (error) critrace_tap_last_error(why, sizeof why);
  return error == 0;
}

void tell_programs(void) {
  static const char *const states[] = {"not wanted", "attached", "refused"};
  static struct critrace_program program;
  for (uint32_t index = 0; critrace_tap_program(index, &program) == 0; index++) {
    size_t length = strlen(program.log);
    const char *log = length > 300 ? program.log + length - 300 : program.log;
    printf("program %s %s: %s\n", program.name, states[program.state], program.reason);
    /* What the verifier said last, for who has to repair it. */
    if (program.state == CRITRACE_PROGRAM_REFUSED) printf("  %s\n", log);
  }
}

bool drain(void (*take)(uint32_t kind, const uint8_t *record)) {
  for (;;) {
    int32_t filled = critrace_tap_drain();
    if (filled < 0) return false;
    bool over = false;
    for (int32_t at = 0; at < filled;) {
      uint32_t head[2];
      memcpy(head, buffer + at, sizeof head);
      take(head[1], buffer + at);
      over = over || head[1] == CRITRACE_RECORD_ROUND;
      at += (int32_t)head[0];
    }
    if (over) return true;
  }
}

static void mount_all(void) {
  mkdir("/proc", 0755), mkdir("/sys", 0755), mkdir("/tmp", 0755);
  if (mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sys", "/sys", "sysfs", 0, NULL) != 0 ||
      mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL) != 0 || mount("tmp", "/tmp", "tmpfs", 0, NULL) != 0)
    fail("mount");
}

int main(int count, char **words) {
  if (count == 3 && strcmp(words[1], "exit-with") == 0) return atoi(words[2]);
  bool first = getpid() == 1;
  if (first) mount_all();
  struct utsname kernel;
  uname(&kernel);
  printf("kernel %s\n", kernel.release);
  bool opened = open_tap(EVERYTHING);
  tell_programs();
  critrace_tap_close();
  if (check(opened, "the tap opens", "%s", why)) {
    try_traffic();
    try_family();
    if (first) try_node();
  }
  printf("done %d\n", failures);
  fflush(stdout);
  if (first) {
    sync();
    reboot(RB_POWER_OFF);
  }
  return failures != 0;
}
