/* See driver.h. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

static struct {
  uint32_t forks, execs, exits, kills, signals, secrets, cni;
} told;

static const char secret[] = "TOP_SECRET=hidden";
static const char cni[] = "CNI_COMMAND=ADD";

static bool contains(const uint8_t *record, uint32_t size, const char *text) {
  return memmem(record, size, text, strlen(text)) != NULL;
}

static void take(uint32_t kind, const uint8_t *record) {
  uint32_t size;
  memcpy(&size, record, sizeof size);
  told.secrets += contains(record, size, "hidden");
  if (kind == CRITRACE_RECORD_FORK) told.forks++;
  if (kind == CRITRACE_RECORD_EXEC && contains(record, size, "exit-with")) {
    told.execs++;
    told.cni += contains(record, size, cni);
  }
  if (kind == CRITRACE_RECORD_EXIT) {
    struct critrace_exit ended;
    memcpy(&ended, record, sizeof ended);
    told.exits += WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 7;
    told.kills += WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGKILL;
  }
  if (kind == CRITRACE_RECORD_SIGNAL) {
    struct critrace_signal sent;
    memcpy(&sent, record, sizeof sent);
    told.signals += sent.signal == SIGKILL;
  }
}

/* Starts a program that exits with 7, and a process that it kills. */
static void act(void) {
  pid_t program = fork();
  if (program == 0) {
    char *const words[] = {"plugin", "exit-with", "7", NULL};
    char *const environment[] = {(char *)secret, (char *)cni, NULL};
    execve("/proc/self/exe", words, environment);
    _exit(1);
  }
  waitpid(program, NULL, 0);
  pid_t victim = fork();
  if (victim == 0)
    for (;;) pause();
  kill(victim, SIGKILL);
  waitpid(victim, NULL, 0);
}

void try_family(void) {
  struct server server = server_start(act);
  bool works = open_tap(CRITRACE_PART_PROCESS | CRITRACE_PART_SIGNAL) && drain(take);
  server_act(&server);
  for (int round = 0; works && round < 2000 && !(told.kills && told.exits && told.signals); round++) {
    works = drain(take);
    pause_briefly();
  }
  check(works && told.forks >= 2 && told.execs == 1 && told.exits == 1 && told.kills == 1 && told.signals == 1 &&
            told.secrets == 0 && told.cni == 1,
        "family: a program and a kill", "works %d, forks %u, execs %u, exits with 7 %u, kills %u, signals %u, secrets %u, cni %u: %s",
        works, told.forks, told.execs, told.exits, told.kills, told.signals, told.secrets, told.cni, why);
  server_end(&server);
  critrace_tap_close();
}
