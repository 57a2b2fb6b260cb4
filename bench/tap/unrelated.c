/*
 * Work that has nothing to do with the tap, for so many milliseconds each: a system call, an echo over TCP, and one over a
 * unix socket with a name. Prints nanoseconds of each.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double system_call(uint64_t for_ns) {
  uint64_t begin = now(), calls = 0, end;
  do {
    for (int i = 0; i < 1000; i++) syscall(SYS_getppid);
    calls += 1000;
    end = now();
  } while (end - begin < for_ns);
  return (double)(end - begin) / (double)calls;
}

static double echo(int family, const struct sockaddr *address, socklen_t length, uint64_t for_ns) {
  struct sockaddr_storage bound;
  socklen_t bound_length = sizeof bound;
  int listener = socket(family, SOCK_STREAM, 0), one = 1;
  if (bind(listener, address, length) != 0 || listen(listener, 1) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&bound, &bound_length);
  pid_t server = fork();
  if (server == 0) {
    int peer = accept(listener, NULL, NULL);
    char byte[64];
    ssize_t got;
    if (family == AF_INET) setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while ((got = read(peer, byte, sizeof byte)) > 0)
      if (write(peer, byte, (size_t)got) != got) break;
    _exit(0);
  }
  int client = socket(family, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr *)&bound, bound_length) != 0) fail("connect");
  if (family == AF_INET) setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  uint64_t begin = now(), echoes = 0, end;
  char bytes[64] = "0123456789";
  do {
    for (int i = 0; i < 100; i++)
      if (write(client, bytes, 10) != 10 || read(client, bytes, sizeof bytes) != 10) fail("echo");
    echoes += 100;
    end = now();
  } while (end - begin < for_ns);
  close(client);
  close(listener);
  waitpid(server, NULL, 0);
  return (double)(end - begin) / (double)echoes;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  uint64_t for_ns = (uint64_t)atoi(words[1]) * 1000000u;
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_un named = {.sun_family = AF_UNIX};
  snprintf(named.sun_path, sizeof named.sun_path, "%s", words[2]);
  unlink(words[2]);
  double call = system_call(for_ns);
  double tcp = echo(AF_INET, (struct sockaddr *)&loopback, sizeof loopback, for_ns);
  double local = echo(AF_UNIX, (struct sockaddr *)&named, sizeof named, for_ns);
  unlink(words[2]);
  printf("%.1f %.1f %.1f\n", call, tcp, local);
  return 0;
}
