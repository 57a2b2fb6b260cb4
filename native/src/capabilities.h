/* What this process may do to the kernel. */
#ifndef CRITRACE_CAPABILITIES_H
#define CRITRACE_CAPABILITIES_H

/* Which of the capabilities that programs need it lacks, as text; NULL: none, or it cannot be told. */
const char *capabilities_missing(void);

#endif
