import type { Call } from '../../calls/call.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { InFlightJson } from '../api.ts';
import { milliseconds } from './milliseconds.ts';

const podText = ({ facts: { pod } }: Call): string =>
  pod === null || (pod.name === null && pod.uid === null)
    ? ''
    : `${pod.namespace ?? '?'}/${pod.name ?? pod.uid}`;

/** Calls that have not ended, the oldest first; streams without an end come last. */
export const inFlightJson = (calls: readonly Call[], now: Nanos, limit: number): readonly InFlightJson[] =>
  [...calls]
    .sort(
      (one, other) =>
        Number(one.streaming) - Number(other.streaming) || Number((one.start ?? 0n) - (other.start ?? 0n)),
    )
    .slice(0, limit)
    .map((call) => ({
      key: `${call.connection} ${call.stream}`,
      method: call.rpc ?? (call.methodCandidates.join('|') || '(unknown)'),
      caller: call.caller.comm ?? 'unknown',
      pod: podText(call),
      subject: call.facts.containerName ?? call.facts.image ?? '',
      ageMs: call.start === null ? null : Math.max(0, milliseconds(now - call.start)),
      deadlineMs: call.timeoutNs === null ? null : milliseconds(call.timeoutNs),
      endless: call.streaming,
    }));
