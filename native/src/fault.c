#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "critrace.h"

#define TEXT_BYTES 8192

static char text[TEXT_BYTES];
static char detail[TEXT_BYTES / 2];

void critrace_fault_forget(void) {
  detail[0] = '\0';
}

void critrace_fault_detail(const char *format, ...) {
  char line[sizeof detail / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  /* The end of a verifier's log is what tells. */
  size_t has = strlen(detail);
  size_t more = strlen(line);
  if (has + more >= sizeof detail) {
    size_t drop = has + more + 1 - sizeof detail;
    memmove(detail, detail + drop, has - drop + 1);
    has -= drop;
  }
  memcpy(detail + has, line, more + 1);
}

int32_t critrace_fault(int32_t error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < sizeof text && detail[0] != '\0')
    snprintf(text + length, sizeof text - (size_t)length, "\n%s", detail);
  critrace_fault_forget();
  return error;
}

int32_t critrace_last_error(char *into, uint32_t size) {
  size_t length = strlen(text);
  if (into == NULL || size == 0) return (int32_t)length;
  if (length >= size) length = size - 1;
  memcpy(into, text, length);
  into[length] = '\0';
  return (int32_t)length;
}
