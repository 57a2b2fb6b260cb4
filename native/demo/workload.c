/*
 * The one program of the demo's image, both the sandbox's pause process and the pods' workload:
 *   workload               runs until SIGTERM or SIGINT, then exits 0
 *   workload exit CODE     exits with CODE at once
 *   workload say TEXT...   prints its arguments, one a line (an exec probe's command)
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
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
