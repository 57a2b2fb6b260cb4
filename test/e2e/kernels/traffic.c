/* See driver.h. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

#define MAX_CONNECTIONS 64
#define TAG_BYTES 4

/* What a client does on a connection of its own; the server says everything back. */
struct play {
  const char *name;
  uint32_t connections; /* at the same time */
  uint32_t bytes;       /* of each */
  uint32_t write_bytes; /* at a time */
  uint32_t read_bytes;  /* at a time */
  bool peeks;
  bool joined; /* connected, and a byte through, before the tap is there */
};

static const struct play plays[] = {
    {.name = "short messages", .connections = 1, .bytes = 4000, .write_bytes = 100, .read_bytes = 4096},
    {.name = "byte by byte", .connections = 1, .bytes = 500, .write_bytes = 1, .read_bytes = 1},
    {.name = "short reads", .connections = 1, .bytes = 100000, .write_bytes = 30000, .read_bytes = 777},
    {.name = "16 MiB", .connections = 1, .bytes = 16 << 20, .write_bytes = 1 << 20, .read_bytes = 1 << 16},
    {.name = "peeks", .connections = 1, .bytes = 20000, .write_bytes = 500, .read_bytes = 300, .peeks = true},
    {.name = "20 connections", .connections = 20, .bytes = 50000, .write_bytes = 5000, .read_bytes = 4096},
    {.name = "joined late", .connections = 1, .bytes = 20000, .write_bytes = 500, .read_bytes = 4096, .joined = true},
};

/* Every byte follows from its connection and its place: nothing can be taken for anything else. */
static uint8_t byte_of(uint32_t tag, uint64_t offset) {
  uint64_t mixed = (offset + 1) * 0x9e3779b97f4a7c15u ^ (uint64_t)tag * 0xd6e8feb86659fd93u;
  return (uint8_t)(mixed >> 56) ^ (uint8_t)(mixed >> 24);
}

static void fill(uint8_t *bytes, uint32_t tag, uint64_t offset, size_t length) {
  for (size_t at = 0; at < length; at++) {
    uint64_t place = offset + at;
    bytes[at] = place < TAG_BYTES ? (uint8_t)(tag >> (8 * place)) : byte_of(tag, place);
  }
}

static void write_all(int to, const uint8_t *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t wrote = write(to, bytes + done, length - done);
    if (wrote < 0) fail("write");
    done += (size_t)wrote;
  }
}

/* Says back what it hears, one connection per process. */
static void serve(int listener) {
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) _exit(0);
    pid_t child = fork();
    if (child != 0) {
      close(connection);
      continue;
    }
    static uint8_t bytes[1 << 16];
    ssize_t got;
    while ((got = read(connection, bytes, sizeof bytes)) > 0) write_all(connection, bytes, (size_t)got);
    _exit(0);
  }
}

static int connected(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  return client;
}

static void read_back(int from, const struct play *play, uint64_t until, uint64_t *seen) {
  static uint8_t bytes[1 << 20];
  while (*seen < until) {
    size_t most = play->read_bytes;
    if (play->peeks && recv(from, bytes, most, MSG_PEEK) < 0) fail("peek");
    ssize_t got = read(from, bytes, most);
    if (got <= 0) fail("read");
    *seen += (uint64_t)got;
  }
}

static void talk(int with, uint32_t tag, const struct play *play, uint64_t already) {
  static uint8_t bytes[1 << 20];
  uint64_t seen = already;
  uint32_t writes = 0;
  for (uint64_t sent = already; sent < play->bytes;) {
    size_t length = play->write_bytes;
    if (length > play->bytes - sent) length = (size_t)(play->bytes - sent);
    fill(bytes, tag, sent, length);
    /* No more than sockets hold may be under way, or both ends wait for each other: little, and in few buffers. */
    for (size_t done = 0; done < length; done += 1 << 15) {
      size_t part = length - done < 1 << 15 ? length - done : 1 << 15;
      write_all(with, bytes + done, part);
      bool much = sent + done + part - seen > 1 << 14 || ++writes % 64 == 0;
      if (much) read_back(with, play, sent + done + part, &seen);
    }
    sent += length;
  }
  read_back(with, play, play->bytes, &seen);
  if (shutdown(with, SHUT_WR) != 0) fail("shutdown");
  uint8_t last;
  if (read(with, &last, 1) != 0) fail("no end of file");
}

struct way {
  uint64_t next;
  uint64_t lost;
  uint64_t repeated;
  uint64_t wrong;
  uint64_t counted; /* by the kernel */
  uint64_t sent;    /* as far as writes have returned; 0: not known */
};

struct seen {
  uint64_t connection;
  uint32_t tag;
  bool joined;
  uint8_t closed;
  struct critrace_process client, server;
  struct way ways[2];
};

static struct seen seen[MAX_CONNECTIONS];
static uint32_t seen_count;

static struct seen *seen_as(uint64_t connection) {
  for (uint32_t index = 0; index < seen_count; index++)
    if (seen[index].connection == connection) return &seen[index];
  if (seen_count == MAX_CONNECTIONS) fail("too many connections");
  seen[seen_count].connection = connection;
  return &seen[seen_count++];
}

/* Bytes of a joined connection begin where the play had come to before the tap was there. */
static void take_data(const struct critrace_data *data, const uint8_t *bytes) {
  struct seen *one = seen_as(data->connection);
  struct way *way = &one->ways[data->direction];
  uint64_t begin = one->joined ? TAG_BYTES : 0;
  if (data->offset > way->next) way->lost += data->offset - way->next;
  for (uint32_t at = 0; at < data->length; at++) {
    uint64_t offset = data->offset + at;
    if (offset < way->next) {
      way->repeated++;
      continue;
    }
    way->next = offset + 1;
    if (begin + offset < TAG_BYTES) {
      if (data->direction == CRITRACE_REQUEST) one->tag |= (uint32_t)bytes[at] << (8 * (begin + offset));
    } else if (bytes[at] != byte_of(one->joined ? 1 : one->tag, begin + offset)) {
      way->wrong++;
    }
  }
}

static struct critrace_round last_round;
static struct critrace_refusal last_refusal;

static void take(uint32_t kind, const uint8_t *record) {
  if (kind == CRITRACE_RECORD_SIDE) {
    struct critrace_side side;
    memcpy(&side, record, sizeof side);
    struct seen *one = seen_as(side.connection);
    one->joined = (side.flags & CRITRACE_SIDE_JOINED) != 0;
    if (side.flags & CRITRACE_SIDE_CLOSED) one->closed |= (uint8_t)(1 << side.direction);
    one->ways[side.direction].counted = side.offset;
    one->client = side.client;
    one->server = side.server;
  } else if (kind == CRITRACE_RECORD_DATA) {
    struct critrace_data data;
    memcpy(&data, record, sizeof data);
    take_data(&data, record + sizeof data);
  } else if (kind == CRITRACE_RECORD_SENT) {
    struct critrace_data sent;
    memcpy(&sent, record, sizeof sent);
    struct way *way = &seen_as(sent.connection)->ways[sent.direction];
    if (way->sent != 0 && sent.offset != way->sent) way->wrong++;
    way->sent = sent.offset + sent.length;
  } else if (kind == CRITRACE_RECORD_REFUSAL) {
    memcpy(&last_refusal, record, sizeof last_refusal);
  } else if (kind == CRITRACE_RECORD_ROUND) {
    memcpy(&last_round, record, sizeof last_round);
  }
}

static bool all_closed(uint32_t connections) {
  if (seen_count < connections) return false;
  for (uint32_t index = 0; index < seen_count; index++)
    if (seen[index].closed != 3) return false;
  return true;
}

static void run(const struct play *play) {
  char name[64];
  snprintf(name, sizeof name, "tap: %s", play->name);
  memset(seen, 0, sizeof seen);
  seen_count = 0;

  int listener = listening();
  fflush(stdout);
  pid_t server = fork();
  if (server == 0) serve(listener);
  close(listener);

  int older = -1;
  if (play->joined) {
    uint8_t bytes[TAG_BYTES];
    uint64_t got = 0;
    older = connected();
    fill(bytes, 1, 0, sizeof bytes);
    write_all(older, bytes, sizeof bytes);
    read_back(older, play, sizeof bytes, &got);
  }
  if (play->joined) {
    critrace_tap_close();
    if (!open_tap(0)) fail("a second tap");
  }
  pid_t clients[MAX_CONNECTIONS];
  for (uint32_t index = 0; index < play->connections; index++) {
    fflush(stdout);
    clients[index] = fork();
    if (clients[index] != 0) continue;
    talk(older >= 0 ? older : connected(), index + 1, play, older >= 0 ? TAG_BYTES : 0);
    _exit(0);
  }
  if (older >= 0) close(older);

  bool works = true;
  uint32_t left = play->connections;
  int status, failed = 0;
  for (int round = 0; works && round < 2000 && (left > 0 || !all_closed(play->connections)); round++) {
    works = drain(take);
    pid_t ended;
    while (left > 0 && (ended = waitpid(-1, &status, WNOHANG)) > 0)
      for (uint32_t index = 0; index < play->connections; index++)
        if (clients[index] == ended) left--, failed += status != 0;
    pause_briefly();
  }
  /* What was read while a round looked at the table is told by the next one. */
  for (int round = 0; works && round < 2; round++) works = drain(take);
  uint64_t wrong = 0, lost = 0, missing = 0, repeated = 0, nameless = 0, unsent = 0;
  uint64_t expected = play->bytes - (play->joined ? TAG_BYTES : 0);
  for (uint32_t index = 0; index < seen_count; index++)
    for (int direction = 0; direction < 2; direction++) {
      const struct way *way = &seen[index].ways[direction];
      wrong += way->wrong;
      lost += way->lost;
      repeated += way->repeated;
      missing += way->next != expected;
      /* Writes of an older connection need not be known. */
      unsent += play->joined ? way->sent != 0 && way->sent != expected : way->sent != expected;
      nameless += seen[index].client.pid == 0 || seen[index].server.pid == 0 || seen[index].joined != play->joined;
    }
  check(works && failed == 0 && seen_count == play->connections && all_closed(play->connections) && wrong + lost + missing + nameless + unsent == 0,
        name, "works %d, clients failed %d, %u of %u connections, all closed %d, bytes wrong %llu lost %llu, ways short %llu, nameless %llu, unsent %llu, repeated %llu; records lost %llu, table full %llu",
        works, failed, seen_count, play->connections, all_closed(play->connections), (unsigned long long)wrong,
        (unsigned long long)lost, (unsigned long long)missing, (unsigned long long)nameless, (unsigned long long)unsent, (unsigned long long)repeated,
        (unsigned long long)last_round.lost_records, (unsigned long long)last_round.table_full);
  if (wrong + lost + missing + nameless + unsent > 0 || seen_count != play->connections)
    for (uint32_t index = 0; index < seen_count; index++)
      printf("  connection %llu closed %d, request %llu of %llu, response %llu of %llu\n",
             (unsigned long long)seen[index].connection, seen[index].closed, (unsigned long long)seen[index].ways[0].next,
             (unsigned long long)seen[index].ways[0].counted, (unsigned long long)seen[index].ways[1].next,
             (unsigned long long)seen[index].ways[1].counted);
  kill(server, 9);
  waitpid(server, NULL, 0);
}

/* Who connects, again and again, to a socket that is not there, and is gone when it is told. */
static void knock(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
  unlink(socket_path);
  fflush(stdout);
  pid_t caller = fork();
  for (int times = 0; caller == 0 && times < 3; times++) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) == 0) _exit(1);
    close(client);
  }
  if (caller == 0) _exit(0);
  int status;
  waitpid(caller, &status, 0);
  bool works = drain(take);
  check(works && status == 0 && last_refusal.count == 3 && last_refusal.client.pid == (uint32_t)caller, "tap: a connect that fails",
        "works %d, status %d, %llu times by %u instead of %d", works, status, (unsigned long long)last_refusal.count,
        last_refusal.client.pid, (int)caller);
}

void try_traffic(void) {
  if (!open_tap(0)) fail("the tap, for bytes only");
  knock();
  for (size_t index = 0; index < sizeof plays / sizeof plays[0]; index++) run(&plays[index]);
  critrace_tap_close();
}
