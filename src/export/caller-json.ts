import type { Caller } from '../calls/caller.ts';

export const callerJson = (caller: Caller) => ({
  pid: caller.pid,
  pid_start: caller.pidStart === null ? null : String(caller.pidStart),
  comm: caller.comm,
  uid: caller.uid,
  user_agent: caller.userAgent,
});
