/* Stands in for tap.c where the library is built without clang or libbpf. */
#include <errno.h>

#include "critrace.h"
#include "fault.h"

static int32_t absent(void) {
  return critrace_fault(-ENOSYS, "libcritrace was built without the tap: clang or libbpf-dev was missing");
}

int32_t critrace_tap_open(const struct critrace_tap_plan *plan, uint8_t *buffer, uint32_t size) {
  (void)plan, (void)buffer, (void)size;
  return absent();
}

int32_t critrace_tap_attach(void) {
  return absent();
}

int32_t critrace_tap_drain(void) {
  return absent();
}

int32_t critrace_tap_close(void) {
  return 0;
}
