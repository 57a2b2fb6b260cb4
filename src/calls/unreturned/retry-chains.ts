import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { explainChain } from './explain-chain.ts';
import { endOfTry } from './given-up.ts';
import type { UnreturnedCounters, UnreturnedLimits } from './limits.ts';
import { subjectOf, type TriedSubject } from './subject.ts';
import { asEvidence, type RetryChain, type Symptom, type TryEnd, type Zombie } from './symptom.ts';

interface Chain {
  readonly subject: TriedSubject;
  readonly first: Call;
  readonly cause: TryEnd;
  /** The tries after the first one, the last ones of them. */
  readonly later: Call[];
  readonly ends: Partial<Record<TryEnd, number>>;
  count: number;
  revision: number;
  zombie: Zombie | null;
  lastAt: Nanos;
}

/** Follows calls that were given up, and the next tries of the same thing, until one brings what was asked for. */
export interface RetryChains {
  ended(call: Call, out: Symptom[]): void;
  tick(now: Nanos, out: Symptom[]): void;
}

const beginsChain: ReadonlySet<TryEnd> = new Set([
  'deadline',
  'cancelled',
  'connection_lost',
  'name_reserved',
]);

/** The runtime may go on with it. */
const givenUp: ReadonlySet<TryEnd> = new Set(['deadline', 'cancelled', 'connection_lost']);

const takesName = ({ rpc }: Call): boolean => rpc === 'RunPodSandbox' || rpc === 'CreateContainer';

const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;

export const createRetryChains = (counters: UnreturnedCounters, limits: UnreturnedLimits): RetryChains => {
  /** Those without a try for longest come first. */
  const chains = new Map<string, Chain>();
  /** What was made in this observation, the last of it: that its name is taken then is no wonder. */
  const made = new Set<string>();

  const remember = (key: string): void => {
    made.delete(key);
    if (made.size >= limits.maxChains) {
      const [oldest] = made;
      if (oldest !== undefined) made.delete(oldest);
    }
    made.add(key);
  };

  const tell = (chain: Chain, outcome: RetryChain['outcome'], out: Symptom[]): void => {
    chain.revision += 1;
    if (chain.revision === 0) counters.retryChains += 1;
    const { first, later, subject, cause, count, zombie } = chain;
    const told = {
      rpc: first.rpc ?? '',
      subject: { kind: subject.kind, text: subject.text },
      cause,
      count,
      ends: { ...chain.ends },
      zombie,
      outcome,
      caller: first.caller,
    };
    out.push({
      kind: 'retry_chain',
      revision: chain.revision,
      endpoint: first.endpoint,
      start: first.start ?? first.end ?? 0n,
      end: chain.lastAt,
      calls: [first, ...later],
      ...told,
      explanation: explainChain(told),
    });
  };

  const keep = (chain: Chain): void => {
    chains.delete(chain.subject.key);
    if (chains.size >= limits.maxChains) {
      const [oldest] = chains.keys();
      if (oldest !== undefined) chains.delete(oldest);
      counters.chainsForgotten += 1;
    }
    chains.set(chain.subject.key, chain);
  };

  const begin = (subject: TriedSubject, call: Call, end: TryEnd, at: Nanos, out: Symptom[]): void => {
    const chain: Chain = {
      subject,
      first: asEvidence(call),
      cause: end,
      later: [],
      ends: { [end]: 1 },
      count: 1,
      revision: -1,
      zombie: givenUp.has(end)
        ? { since: at, deadlineNs: call.timeoutNs, evidence: 'none', knownUntil: null }
        : null,
      lastAt: at,
    };
    keep(chain);
    // A connection that is lost takes all its calls along, when the runtime or its client ends: no story by itself.
    if (end !== 'connection_lost') tell(chain, null, out);
  };

  const add = (chain: Chain, call: Call, end: TryEnd, at: Nanos, out: Symptom[]): void => {
    chain.count += 1;
    chain.ends[end] = (chain.ends[end] ?? 0) + 1;
    chain.later.push(asEvidence(call));
    if (chain.later.length >= limits.maxTries) chain.later.shift();
    chain.lastAt = at;
    const { zombie } = chain;
    const firstEvidence = end === 'name_reserved' && zombie?.evidence === 'none';
    if (end === 'name_reserved' && zombie !== null && zombie.evidence !== 'late_reply')
      chain.zombie = { ...zombie, evidence: 'name_reserved', knownUntil: at };
    if (end === 'succeeded' || end === 'not_found') {
      chains.delete(chain.subject.key);
      // What a restarted runtime or client simply does again needs no telling.
      if (chain.revision >= 0) tell(chain, end, out);
      return;
    }
    keep(chain);
    if (firstEvidence || chain.count <= 4 || isPowerOfTwo(chain.count)) tell(chain, null, out);
  };

  /** A status for a call that its client had reset. */
  const lateReply = (chain: Chain, call: Call, out: Symptom[]): void => {
    const { first, zombie } = chain;
    const same = first.connection === call.connection && first.stream === call.stream;
    if (!same || zombie === null || zombie.evidence === 'late_reply') return;
    if (call.result.status === null || call.end === null || call.end < zombie.since) return;
    chain.zombie = { ...zombie, evidence: 'late_reply', knownUntil: call.end };
    tell(chain, null, out);
  };

  return {
    ended(call, out) {
      const subject = subjectOf(call);
      if (subject === null) return;
      const chain = chains.get(subject.key);
      if (call.revision > 0) {
        if (chain !== undefined) lateReply(chain, call, out);
        return;
      }
      const end = endOfTry(call);
      const at = call.end ?? call.start;
      if (end === null || at === null) return;
      if (end === 'succeeded' && takesName(call)) remember(subject.key);
      if (chain !== undefined) add(chain, call, end, at, out);
      else if (beginsChain.has(end) && !(end === 'name_reserved' && made.has(subject.key)))
        begin(subject, call, end, at, out);
    },
    tick(now, out) {
      if (chains.size === 0) return;
      for (const [key, chain] of chains) {
        if (now - chain.lastAt < limits.chainIdleNs) return;
        chains.delete(key);
        if (chain.count > 1 && chain.revision >= 0) tell(chain, 'no_more_tries', out);
      }
    },
  };
};
