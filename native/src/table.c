#include "table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

int32_t table_begin(struct table *table, const struct bpf_link *iterator, uint32_t record_bytes) {
  table_end(table);
  table->record_bytes = record_bytes;
  table->filled = table->next = 0;
  table->descriptor = bpf_iter_create(bpf_link__fd(iterator));
  return table->descriptor < 0 ? -errno : 0;
}

const void *table_peek(struct table *table) {
  while (table->next + table->record_bytes > table->filled) {
    if (table->descriptor < 0) return NULL;
    ssize_t got = read(table->descriptor, table->pending, sizeof table->pending / table->record_bytes * table->record_bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      table_end(table);
      return NULL;
    }
    table->filled = (uint32_t)got;
    table->next = 0;
  }
  return table->pending + table->next;
}

void table_next(struct table *table) {
  table->next += table->record_bytes;
}

void table_end(struct table *table) {
  if (table->descriptor >= 0) close(table->descriptor);
  table->descriptor = -1;
}
