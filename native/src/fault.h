/* What critrace_tap_last_error() tells. */
#ifndef CRITRACE_FAULT_H
#define CRITRACE_FAULT_H

#include <stdint.h>

/* Keeps the text, whose first line is for everybody, and returns `error`, a negative errno. */
int32_t critrace_fault(int32_t error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
