import type { Call } from '../calls/call.ts';
import type { Round } from '../calls/rounds/round.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import type { Exported } from './sink.ts';

export interface SamplingPolicy {
  /** Of each kind of round of a process one in so much time is exported, with the numbers of those left out. */
  readonly intervalNs: Nanos;
  /** Rounds that take so long are all exported. */
  readonly slowNs: Nanos;
  /** Spans held until their round is over; beyond it the oldest round is exported unseen. */
  readonly maxHeldSpans: number;
  /** Kinds of rounds of processes whose last export is remembered, and rounds whose calls may be revised. */
  readonly maxRemembered: number;
}

export const defaultSamplingLimits: Pick<SamplingPolicy, 'maxHeldSpans' | 'maxRemembered'> = {
  maxHeldSpans: 20_000,
  maxRemembered: 1024,
};

export interface SamplingCounters {
  heldNow: number;
  roundsKept: number;
  roundsOmitted: number;
  /** Exported before their round was over. */
  roundsForcedOut: number;
  /** Calls that their client did not sample, and that nothing else makes worth keeping. */
  callsUnsampled: number;
}

export const createSamplingCounters = (): SamplingCounters => ({
  heldNow: 0,
  roundsKept: 0,
  roundsOmitted: 0,
  roundsForcedOut: 0,
  callsUnsampled: 0,
});

interface Omitted {
  lastKept: Nanos;
  count: number;
  sumNs: Nanos;
  maxNs: Nanos;
}

const sampledFlag = 1;
const none: readonly Span[] = [];

const bounded = <Value>(map: Map<string, Value>, key: string, value: Value, most: number): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
};

const keyOf = ({ connection, stream }: Round['head']): string => `${connection}/${stream}`;

const isError = ({ status }: Span): boolean => status.code === 'error';

/** What a client that samples traces itself left out, and what no one would miss. */
const isUnsampled = (call: Call, spans: readonly Span[]): boolean =>
  !call.isProbe &&
  call.operation?.role !== 'part' &&
  spans.some(({ traceFlags }) => (traceFlags & sampledFlag) === 0) &&
  !spans.some(isError);

/**
 * Leaves out the spans of rounds that are like all others, so that a kubelet's loops do not drown the rest. The spans of
 * a round's calls wait until it is over. Findings pass as they are, and all else with its spans, at once.
 */
export const createRoundSampling = (
  policy: SamplingPolicy,
  counters: SamplingCounters,
): ((batch: readonly Exported[]) => readonly Exported[]) => {
  const held = new Map<string, Span[]>();
  const decided = new Map<string, boolean>();
  const omitted = new Map<string, Omitted>();

  const release = (key: string): readonly Span[] => {
    const spans = held.get(key) ?? none;
    held.delete(key);
    counters.heldNow -= spans.length;
    return spans;
  };

  const forceOut = (): readonly Span[] => {
    const [oldest] = held.keys();
    if (counters.heldNow <= policy.maxHeldSpans || oldest === undefined) return none;
    counters.roundsForcedOut += 1;
    bounded(decided, oldest, true, policy.maxRemembered);
    return release(oldest);
  };

  const ofCall = (call: Call, spans: readonly Span[]): readonly Span[] => {
    if (call.round === null || call.operation?.role === 'part') {
      if (!isUnsampled(call, spans)) return spans;
      counters.callsUnsampled += 1;
      return none;
    }
    const key = keyOf(call.round.head);
    const isKept = decided.get(key);
    if (isKept !== undefined) return isKept || spans.some(isError) ? spans : none;
    const waiting = held.get(key);
    if (waiting === undefined) held.set(key, [...spans]);
    else waiting.push(...spans);
    counters.heldNow += spans.length;
    return forceOut();
  };

  /** The numbers of those left out since, if this one is to be exported; null: it is left out too. */
  const decide = (round: Round, calls: readonly Span[], isForced: boolean): Omitted | null => {
    const { pid, pidStart } = round.caller;
    const key = `${round.kind} ${pid === null ? `connection ${round.head.connection}` : `${pid} ${pidStart}`} ${round.endpoint}`;
    const before = omitted.get(key);
    const took = round.end - round.start;
    const isKept =
      isForced ||
      before === undefined ||
      round.start - before.lastKept >= policy.intervalNs ||
      took >= policy.slowNs ||
      round.isUnhealthy ||
      round.errors > 0 ||
      calls.some(isError);
    const fresh = { lastKept: round.start, count: 0, sumNs: 0n, maxNs: 0n };
    if (isKept) {
      bounded(omitted, key, fresh, policy.maxRemembered);
      return before ?? fresh;
    }
    before.count += 1;
    before.sumNs += took;
    if (took > before.maxNs) before.maxNs = took;
    return null;
  };

  const withNumbers = (root: Span, { count, sumNs, maxNs }: Omitted): Span =>
    count === 0
      ? root
      : {
          ...root,
          attributes: {
            ...root.attributes,
            'cri.round.omitted': count,
            'cri.round.omitted_mean_ms': Number(sumNs) / count / 1e6,
            'cri.round.omitted_max_ms': Number(maxNs) / 1e6,
          },
        };

  const ofRound = (round: Round, spans: readonly Span[]): readonly Span[] => {
    const key = keyOf(round.head);
    const calls = release(key);
    const since = decide(round, calls, decided.get(key) === true);
    bounded(decided, key, since !== null, policy.maxRemembered);
    if (since === null) {
      counters.roundsOmitted += 1;
      return none;
    }
    counters.roundsKept += 1;
    return [...spans.map((root) => withNumbers(root, since)), ...calls];
  };

  return (batch) =>
    batch.map(({ finding, spans }) => {
      if (finding.kind === 'call') return { finding, spans: ofCall(finding.call, spans) };
      if (finding.kind === 'round') return { finding, spans: ofRound(finding.round, spans) };
      return { finding, spans };
    });
};
