import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { UnreturnedLimits } from './limits.ts';

/** They fetch or write as much as there is. */
const slow: ReadonlySet<string> = new Set([
  'PullImage',
  'CheckpointContainer',
  'CheckpointPod',
  'RestorePod',
]);

/** The request says how long the work itself may take: the grace period, the time of the command. */
const ownTimeout: Readonly<Record<string, string>> = {
  StopContainer: 'stop.timeout_s',
  ExecSync: 'exec.timeout_s',
};

/**
 * After how long in flight a call counts as stuck: no later than its deadline, when its client is gone, unless that is
 * sooner than any call is looked at.
 */
export const patienceFor = (call: Call, limits: UnreturnedLimits): Nanos => {
  const usual = slow.has(call.rpc ?? '') ? limits.slowMethodStuckAfterNs : limits.stuckAfterNs;
  const named = ownTimeout[call.rpc ?? ''];
  const said = named === undefined ? 0 : call.facts.values[named];
  // StopContainer without a grace period kills at once; a command without a time of its own may run for ever.
  const own = said ?? (call.rpc === 'StopContainer' && call.facts.containerId !== null ? 0 : null);
  if (typeof own !== 'number') return call.timeoutNs ?? limits.slowMethodStuckAfterNs;
  const patience = usual + BigInt(Math.max(0, Math.trunc(own))) * nanosPerSecond;
  return call.timeoutNs !== null && call.timeoutNs < patience && call.timeoutNs > limits.stuckAfterNs
    ? call.timeoutNs
    : patience;
};

/** Goes on for as long as its client likes. */
export const isEndless = (rpc: string | null): boolean => rpc === 'GetContainerEvents';
