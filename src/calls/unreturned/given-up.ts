import { type Nanos, nanosPerMillisecond } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { TryEnd } from './symptom.ts';

/** The client's clock began before the first byte was seen, and its timer may fire a little early or late. */
const slackNs = 50n * nanosPerMillisecond;

const reachedDeadline = (call: Call): boolean => {
  if (call.timeoutNs === null || call.start === null || call.end === null) return false;
  const slack: Nanos = call.timeoutNs / 100n > slackNs ? call.timeoutNs / 100n : slackNs;
  return call.end - call.start >= call.timeoutNs - slack;
};

/** containerd: of a sandbox, and of a container; CRI-O: of both. */
const nameReserved =
  /failed to reserve (?:sandbox|container) name|name .{0,600} is reserved(?: for)?|Kubelet may be retrying requests that are timing out in CRI-O/s;

/** Null: the call is in flight. */
export const endOfTry = (call: Call): TryEnd | null => {
  const { outcome, status, statusMessage, reset } = call.result;
  switch (outcome) {
    case 'in_flight':
      return null;
    case 'connection_lost':
      return 'connection_lost';
    case 'reset':
      if (reset?.by !== 'client') return 'failed';
      return reachedDeadline(call) ? 'deadline' : 'cancelled';
    case 'finished':
      if (status === 'OK') return 'succeeded';
      if (status === 'NOT_FOUND') return 'not_found';
      if (nameReserved.test(statusMessage ?? '')) return 'name_reserved';
      // A server that watches the deadline answers just before the client's reset comes. A command that ran out of
      // its own time ends so too, but long before.
      return (status === 'DEADLINE_EXCEEDED' || status === 'CANCELLED') && reachedDeadline(call)
        ? 'deadline'
        : 'failed';
  }
};
