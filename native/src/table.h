/* Records that an iterator writes out, one after the other. */
#ifndef CRITRACE_TABLE_H
#define CRITRACE_TABLE_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

struct table {
  int descriptor; /* of the iterator; -1: was read to its end */
  uint32_t record_bytes;
  uint32_t filled, next;
  uint8_t pending[4096];
};

/* Begins anew: 0 or a negative errno. The kernel writes whole records, of `record_bytes` each. */
int32_t table_begin(struct table *table, const struct bpf_link *iterator, uint32_t record_bytes);

/* The record at hand; NULL at the end. table_next() goes on. */
const void *table_peek(struct table *table);
void table_next(struct table *table);

void table_end(struct table *table);

#endif
