/* Finds out who belongs to the runtime's family, besides those that the kernel adds as they come. */
#ifndef CRITRACE_FAMILY_H
#define CRITRACE_FAMILY_H

#include "tap.h"

/* Looks for the servers of watched sockets, for what runs containers on their behalf, and for all that came of them. */
int32_t family_search(struct tap *tap);

/* Takes in the server of a connection, if it is not known yet: a runtime that was restarted. */
void family_meet(struct tap *tap, const struct critrace_process *server);

#endif
