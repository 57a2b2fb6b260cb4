/* What critrace_last_error() tells. */
#ifndef CRITRACE_FAULT_H
#define CRITRACE_FAULT_H

#include <stdint.h>

/* Keeps the text and returns `error`, a negative errno. */
int32_t critrace_fault(int32_t error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps a line of libbpf's or of the kernel's verifier, to be told with the next fault: the last few thousand bytes. */
void critrace_fault_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void critrace_fault_forget(void);

#endif
