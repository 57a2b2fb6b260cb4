#include "critrace.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

_Static_assert(sizeof(struct critrace_peer) == 12, "the size is part of the ABI");
_Static_assert(sizeof(pid_t) == sizeof(int32_t) && sizeof(uid_t) == sizeof(uint32_t), "fields hold the kernel's types");

int32_t critrace_peer_credentials(int32_t fd, struct critrace_peer *peer) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  int domain = 0;
  socklen_t domain_length = sizeof domain;

  if (peer == NULL) return -EFAULT;
  /* A socket of another family answers SO_PEERCRED with pid 0 and uid -1 instead of an error. */
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_length) != 0) return -errno;
  if (domain != AF_UNIX) return -EAFNOSUPPORT;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -errno;
  if (length != sizeof credentials) return -EPROTO;
  /* A socket that was never connected or whose peer is unknown. */
  if (credentials.uid == (uid_t)-1) return -ENOTCONN;
  peer->pid = credentials.pid;
  peer->uid = credentials.uid;
  peer->gid = credentials.gid;
  return 0;
}
