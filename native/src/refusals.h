/* Connects to watched sockets that failed. */
#ifndef CRITRACE_REFUSALS_H
#define CRITRACE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "critrace.h"

struct tap;

/* In the kernel's table at once. */
#define MAX_REFUSALS 256

/* Taken out of the kernel's table, and to be told. */
struct refusals {
  uint64_t counted; /* struct shared.refused, as of the last time */
  uint32_t count, next;
  struct critrace_refusal records[MAX_REFUSALS]; /* in the order of time */
};

/*
 * Whether those programs that are attached see a connect that fails: one is made. `shared` and `refusals` are their maps,
 * of a tap that watches nothing yet.
 */
bool refusals_are_seen(int shared, int refusals);

/* Takes what there is, if all that was there before is told. Costs nothing when no connect has failed. */
void refusals_collect(struct tap *tap);

/* NULL: there is no more. */
const struct critrace_refusal *refusals_peek(const struct refusals *refusals);
void refusals_next(struct refusals *refusals);

#endif
