#include "capabilities.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *capabilities_missing(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return NULL;
  uint64_t effective = (uint64_t)data[1].effective << 32 | data[0].effective;
  /* Which was both before 5.8, and still is. */
  if (effective >> CAP_SYS_ADMIN & 1) return NULL;
  bool bpf = effective >> CAP_BPF & 1, perfmon = effective >> CAP_PERFMON & 1;
  if (bpf && perfmon) return NULL;
  return bpf ? "CAP_PERFMON" : perfmon ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
}
