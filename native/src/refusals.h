/* Connects to watched sockets that failed. */
#ifndef CRITRACE_REFUSALS_H
#define CRITRACE_REFUSALS_H

#include "tap.h"

/*
 * Whether those programs that are attached see a connect that fails: one is made. `shared` and `refusals` are their maps,
 * of a tap that watches nothing yet.
 */
bool refusals_are_seen(int shared, int refusals);

/* The next that is to be told. False: there is none. */
bool refusals_next(struct tap *tap, struct critrace_refusal *record);

#endif
