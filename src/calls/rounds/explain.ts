import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';
import type { Round, RoundKind } from './round.ts';

const names: Readonly<Record<RoundKind, string>> = {
  pleg_relist: 'the relist of all pods (PLEG)',
  housekeeping: 'the look at what runs (housekeeping, runtime cache)',
  log_rotation: 'log rotation',
  container_gc: 'container garbage collection',
  image_gc: 'image garbage collection',
  image_list: 'the list of images',
  stats: 'statistics',
  runtime_status: 'the look at the state of the runtime',
  node_status: 'the look at the version of the runtime (node status)',
  pod_status: 'the look at one pod',
  list: 'a list',
};

const milliseconds = (ns: Nanos): string => {
  const ms = Number(ns) / 1e6;
  return ms >= 10_000 ? `${(ms / 1000).toFixed(0)} s` : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
};

const fanOut = ({ kind, pods, listNs, start, end }: Omit<Round, 'explanation'>): string =>
  kind !== 'pleg_relist' || pods === 0
    ? ''
    : ` (lists ${milliseconds(listNs)}, then ${pods} changed ${pods === 1 ? 'pod' : 'pods'} one by one ${milliseconds(end - start - listNs)})`;

/** What it was, where its time went, and what that means for the node. */
export const explainRound = (told: Omit<Round, 'explanation'>): string => {
  const { kind, start, end, calls, pods, slowest, failure, staleNs, isUnhealthy } = told;
  // Several a second on every node: what is like all others needs no numbers in words.
  if (pods === 0 && failure === null && !isUnhealthy && end - start < nanosPerSecond)
    return calls === 1
      ? `${names[kind]}: nothing of note.`
      : `${names[kind]}: ${calls} calls, nothing of note.`;
  const text = `${names[kind]} took ${milliseconds(end - start)} in ${calls} ${calls === 1 ? 'call' : 'calls'}${fanOut(told)}`;
  const longest =
    slowest === null || calls < 2
      ? ''
      : `, the longest ${slowest.rpc}${slowest.subject === null ? '' : ` of ${slowest.subject}`} with ${milliseconds(slowest.durationNs)}`;
  const health =
    staleNs !== null && isUnhealthy
      ? `; the relist before it was ${milliseconds(staleNs)} old by then: "PLEG is not healthy", the node was NotReady until now`
      : '';
  const failed = failure === null ? '' : `; failed: ${failure}`;
  return `${text}${longest}${failed}${health}.`;
};
