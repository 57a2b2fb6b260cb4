import type { Call } from '../calls/call.ts';
import type { Finding } from '../calls/finding.ts';
import type { CallRound, Round } from '../calls/rounds/round.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import type { Exported } from './sink.ts';

export interface SamplingPolicy {
  /** Nothing is left out, and nothing waits. May change at any time, as the times may. */
  readonly keepsAll?: boolean;
  /** Of each kind of round of a process one in so much time is exported, with the numbers of those left out. */
  readonly intervalNs: Nanos;
  /** Rounds that take so long are all exported. */
  readonly slowNs: Nanos;
  /** Findings held until their round is over; beyond it the oldest round is exported unseen. */
  readonly maxHeld: number;
  /** Kinds of rounds of processes whose last export is remembered, and rounds whose calls may be revised. */
  readonly maxRemembered: number;
}

export const defaultSamplingLimits: Pick<SamplingPolicy, 'maxHeld' | 'maxRemembered'> = {
  maxHeld: 10_000,
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

const isFailure = ({ result: { outcome, status } }: Call): boolean =>
  outcome !== 'finished' || status !== 'OK';

/** What a client that samples traces itself left out, and what no one would miss. */
const isUnsampled = (call: Call, spans: readonly Span[]): boolean =>
  !call.isProbe &&
  call.operation?.role !== 'part' &&
  !isFailure(call) &&
  spans.some(({ traceFlags }) => (traceFlags & sampledFlag) === 0);

/** Its spans wait for the end of its round. */
const isHeld = (call: Call): boolean => call.round !== null && call.operation?.role !== 'part';

/** One more turn of a crash loop, whose story is told by a few of them. */
const isSilentTurn = (finding: Finding): boolean =>
  (finding.kind === 'call' && finding.call.loop?.isTold === false) ||
  (finding.kind === 'negotiation' &&
    finding.negotiation.revision === 0 &&
    finding.negotiation.loop?.isTold === false);

/** Spans as they are made when it is known that they are wanted. */
export type MakesSpans = (finding: Finding) => readonly Span[];

/** What is to be made of a finding at once: of the call of a round nothing yet. */
export const isSampledLater = (finding: Finding): boolean =>
  (finding.kind === 'call' || finding.kind === 'kernel') && isHeld(finding.call);

/**
 * Leaves out the spans of rounds that are like all others, so that a kubelet's loops do not drown the rest: they are not
 * even made. The calls of a round wait until it is over. Findings pass as they are, and all else with its spans, at once.
 */
export const createRoundSampling = (
  policy: SamplingPolicy,
  spansOf: MakesSpans,
  counters: SamplingCounters,
): ((batch: readonly Exported[]) => readonly Exported[]) => {
  const held = new Map<string, Finding[]>();
  const decided = new Map<string, boolean>();
  const omitted = new Map<string, Omitted>();

  const release = (key: string): readonly Finding[] => {
    const findings = held.get(key) ?? [];
    held.delete(key);
    counters.heldNow -= findings.length;
    return findings;
  };

  const make = (findings: readonly Finding[]): readonly Span[] => findings.flatMap(spansOf);

  const forceOut = (): readonly Span[] => {
    const [oldest] = held.keys();
    if (counters.heldNow <= policy.maxHeld || oldest === undefined) return none;
    counters.roundsForcedOut += 1;
    bounded(decided, oldest, true, policy.maxRemembered);
    return make(release(oldest));
  };

  /** Of a round that is being kept: what waited comes first, and what comes later goes along. */
  const kept = (finding: Finding, { head }: CallRound, spans: readonly Span[]): readonly Span[] => {
    const key = keyOf(head);
    bounded(decided, key, true, policy.maxRemembered);
    return [...make(release(key)), ...(spans.length > 0 ? spans : spansOf(finding))];
  };

  const later = (finding: Finding, { head }: CallRound, isWanted: boolean): readonly Span[] => {
    const key = keyOf(head);
    const isKept = decided.get(key);
    if (isKept !== undefined) return isKept || isWanted ? spansOf(finding) : none;
    const waiting = held.get(key);
    if (waiting === undefined) held.set(key, [finding]);
    else waiting.push(finding);
    counters.heldNow += 1;
    return forceOut();
  };

  const ofCall = (finding: Finding, call: Call, spans: readonly Span[]): readonly Span[] => {
    if (policy.keepsAll)
      return call.round !== null && isHeld(call) ? kept(finding, call.round, spans) : spans;
    if (call.round !== null && isHeld(call)) return later(finding, call.round, isFailure(call));
    if (!isUnsampled(call, spans)) return spans;
    counters.callsUnsampled += 1;
    return none;
  };

  const ofKernel = (
    finding: Finding,
    call: Call,
    round: CallRound,
    spans: readonly Span[],
  ): readonly Span[] =>
    policy.keepsAll ? kept(finding, round, spans) : later(finding, round, isFailure(call));

  /** The numbers of those left out since, if this one is to be exported; null: it is left out too. */
  const decide = (round: Round, parts: readonly Finding[], isForced: boolean): Omitted | null => {
    const { pid, pidStart } = round.caller;
    const key = `${round.kind} ${pid === null ? `connection ${round.head.connection}` : `${pid} ${pidStart}`} ${round.endpoint}`;
    const before = omitted.get(key);
    const took = round.end - round.start;
    const isKept =
      isForced ||
      policy.keepsAll ||
      before === undefined ||
      round.start - before.lastKept >= policy.intervalNs ||
      took >= policy.slowNs ||
      round.isUnhealthy ||
      round.errors > 0 ||
      parts.some((part) => part.kind === 'call' && isFailure(part.call));
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
    const parts = release(key);
    const since = decide(round, parts, decided.get(key) === true);
    bounded(decided, key, since !== null, policy.maxRemembered);
    if (since === null) {
      counters.roundsOmitted += 1;
      return none;
    }
    counters.roundsKept += 1;
    return [...spans.map((root) => withNumbers(root, since)), ...make(parts)];
  };

  return (batch) =>
    batch.map(({ finding, spans }) => {
      if (isSilentTurn(finding) && !policy.keepsAll) return { finding, spans: none };
      if (finding.kind === 'call') return { finding, spans: ofCall(finding, finding.call, spans) };
      // What the kernel saw of a call goes with it.
      if (finding.kind === 'kernel' && finding.call.round !== null && isHeld(finding.call))
        return { finding, spans: ofKernel(finding, finding.call, finding.call.round, spans) };
      if (finding.kind === 'round') return { finding, spans: ofRound(finding.round, spans) };
      return { finding, spans };
    });
};
