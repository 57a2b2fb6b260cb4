#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "critrace.h"

static char text[8192];

int32_t critrace_fault(int32_t error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return error;
}

int32_t critrace_tap_last_error(char *into, uint32_t size) {
  size_t length = strlen(text);
  if (into == NULL || size == 0) return (int32_t)length;
  if (length >= size) length = size - 1;
  memcpy(into, text, length);
  into[length] = '\0';
  return (int32_t)length;
}
