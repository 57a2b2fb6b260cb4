#include "critrace.h"

int32_t critrace_abi_version(void) {
  return CRITRACE_ABI_VERSION;
}
