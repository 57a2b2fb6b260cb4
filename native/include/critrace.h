/*
 * The FFI surface of libcritrace: everything that TypeScript may call (src/kernel/native.ts is its one caller).
 *
 * Rules: fixed-width types only; no callbacks, no globals, nothing allocated that the caller must free; a function
 * that can fail returns 0 or a negative errno. A change that breaks a caller raises CRITRACE_ABI_VERSION.
 */
#ifndef CRITRACE_H
#define CRITRACE_H

#include <stdint.h>

#define CRITRACE_ABI_VERSION 1

#if defined(__GNUC__)
#define CRITRACE_API __attribute__((visibility("default")))
#else
#define CRITRACE_API
#endif

/* Who called connect(2), as of that moment, in the caller's own pid and user namespaces. */
struct critrace_peer {
  int32_t pid; /* 0: the peer's process has no number in our pid namespace */
  uint32_t uid;
  uint32_t gid;
};

/* CRITRACE_ABI_VERSION of the library as built. */
CRITRACE_API int32_t critrace_abi_version(void);

/* SO_PEERCRED of a connected AF_UNIX socket into *peer, which is written only on success. */
CRITRACE_API int32_t critrace_peer_credentials(int32_t fd, struct critrace_peer *peer);

#endif
