/*
 * The one program of the demo's image, both the sandbox's pause process and the pods' workload:
 *   workload               runs until SIGTERM or SIGINT, then exits 0
 *   workload exit CODE     exits with CODE at once
 *   workload say TEXT...   prints its arguments, one a line (an exec probe's command)
 *   workload fill MEBIBYTES  uses so much memory, then runs on: more than its limit, and the kernel kills it
 * It needs nothing but a kernel: linked statically, no shell beside it in the image.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) {
  (void)signal;
  _exit(0);
}

/* Process 1 of a pid namespace inherits its orphans. */
static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "exit") == 0) return atoi(argv[2]);
  if (argc >= 2 && strcmp(argv[1], "say") == 0) {
    for (int i = 2; i < argc; i++) puts(argv[i]);
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "fill") == 0) {
    size_t bytes = strtoul(argv[2], NULL, 10) << 20;
    char *memory = malloc(bytes);
    for (size_t at = 0; memory != NULL && at < bytes; at += 4096) *(volatile char *)(memory + at) = 1;
  }
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
