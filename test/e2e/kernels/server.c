/* See driver.h. */
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

static _Noreturn void serve(int word, void (*act)(void)) {
  char byte;
  if (read(word, &byte, 1) != 1) _exit(1);
  act();
  /* Until nobody holds the other end. */
  while (read(word, &byte, 1) > 0) continue;
  _exit(0);
}

struct server server_start(void (*act)(void)) {
  int listener = listening();
  int word[2];
  if (pipe(word) != 0) fail("pipe");
  struct server server = {.word = word[1], .pid = fork()};
  if (server.pid == 0) {
    close(word[1]);
    serve(word[0], act);
  }
  close(word[0]);
  close(listener);
  return server;
}

void server_act(const struct server *server) {
  if (write(server->word, "x", 1) != 1) fail("word");
}

void server_end(const struct server *server) {
  close(server->word);
  waitpid(server->pid, NULL, 0);
}
