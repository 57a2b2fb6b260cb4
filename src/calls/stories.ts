import type { Kept } from '../cri/kept.ts';
import { findMethod } from '../cri/methods.ts';
import type { Nanos } from '../foundation/time.ts';
import type { CallHead, GrpcEvent } from '../grpc/event.ts';
import type { KernelEvent } from '../kernel/kernel-event.ts';
import type { ConnectionFacts } from './assemble.ts';
import type { Call } from './call.ts';
import { createCasualties } from './casualties/casualties.ts';
import type { Casualty } from './casualties/casualty.ts';
import { type CasualtyCounters, createCasualtyCounters } from './casualties/limits.ts';
import { type CensusResult, createCensus } from './census/census.ts';
import type { Finding } from './finding.ts';
import { createIdentityBook } from './identity/book.ts';
import type { Identities } from './identity/identities.ts';
import { createIdentityCounters, type IdentityCounters } from './identity/limits.ts';
import { createKubelets } from './kubelets.ts';
import type { Negotiation } from './negotiation/finding.ts';
import {
  createNegotiationCounters,
  createNegotiations,
  type NegotiationCounters,
} from './negotiation/negotiations.ts';
import { createPodCounters, type PodCounters } from './pods/limits.ts';
import { createPodOperations, isPodCall } from './pods/operations.ts';
import { createRoundCounters, type RoundCounters } from './rounds/limits.ts';
import type { Round } from './rounds/round.ts';
import { createRounds } from './rounds/rounds.ts';
import type { Snapshot } from './unreturned/in-flight.ts';
import { createUnreturnedCounters, type UnreturnedCounters } from './unreturned/limits.ts';
import type { Symptom } from './unreturned/symptom.ts';
import { createSymptoms } from './unreturned/symptoms.ts';
import { createUpgradeCounters, type UpgradeCounters } from './upgrades/limits.ts';
import type { Upgrade } from './upgrades/upgrade.ts';
import { createUpgrades } from './upgrades/upgrades.ts';

export interface StoryCounters {
  readonly negotiations: NegotiationCounters;
  readonly identities: IdentityCounters;
  readonly pods: PodCounters;
  readonly rounds: RoundCounters;
  readonly unreturned: UnreturnedCounters;
  readonly upgrades: UpgradeCounters;
  readonly casualties: CasualtyCounters;
}

export const createStoryCounters = (): StoryCounters => ({
  negotiations: createNegotiationCounters(),
  identities: createIdentityCounters(),
  pods: createPodCounters(),
  rounds: createRoundCounters(),
  unreturned: createUnreturnedCounters(),
  upgrades: createUpgradeCounters(),
  casualties: createCasualtyCounters(),
});

interface CompletedCall extends Omit<Call, 'operation' | 'round'> {
  operation: Call['operation'];
  round: Call['round'];
}

/** Whose message it is. */
export interface MessageOf {
  readonly connection: number;
  readonly stream: number;
  readonly known: Identities;
}

/**
 * What the calls of all connections mean together: whose they are, and the stories that they tell. Time is that of the
 * input; `tick` comes before what happens at that time.
 */
export interface Stories {
  identitiesOf(endpoint: string): Identities;
  opened(connection: ConnectionFacts, joined: boolean, at: Nanos, out: Finding[]): void;
  /** A client came, and the runtime could not be reached. */
  refused(
    connection: Pick<ConnectionFacts, 'connection' | 'endpoint' | 'client'>,
    at: Nanos,
    out: Finding[],
  ): void;
  closed(connection: ConnectionFacts, at: Nanos, out: Finding[]): void;
  /** `likelyRpc`: what a call is taken for whose path was not seen. */
  began(connection: ConnectionFacts, head: CallHead, likelyRpc: (stream: number) => string | null): void;
  /** A whole message of a call; with a response, `request` is what the same call asked for. */
  message(of: MessageOf, rpc: string, request: Kept | null, response: Kept | null): void;
  /**
   * Calls were told, from this place of `out` on: the one that ended, and those told anew because it showed what they
   * were. They are completed in place, and what they show comes after them.
   */
  told(known: Identities, from: number, out: Finding[]): void;
  /** After `told`, of the same event. */
  grpc(connection: number, event: GrpcEvent, snapshot: Snapshot, now: Nanos): void;
  kernel(event: KernelEvent, at: Nanos, out: Finding[]): void;
  tick(now: Nanos, out: Finding[]): void;
  finish(out: Finding[]): void;
  callers(): CensusResult;
}

export const createStories = (counters: StoryCounters): Stories => {
  const negotiations = createNegotiations(counters.negotiations);
  const identities = createIdentityBook(counters.identities);
  const census = createCensus((endpoint, { containerId, podUid }) =>
    identities.of(endpoint).whoIs(containerId, podUid),
  );
  const kubelets = createKubelets();
  const pods = createPodOperations(counters.pods, kubelets);
  const rounds = createRounds(counters.rounds, kubelets);
  const symptoms = createSymptoms(counters.unreturned);
  const upgrades = createUpgrades(counters.upgrades, kubelets);
  const casualties = createCasualties(
    ({ containerId, podUid }) => identities.whoIs(containerId, podUid),
    counters.casualties,
  );

  const shown: Symptom[] = [];
  const roundsOver: Round[] = [];
  const upgraded: Upgrade[] = [];
  const fallen: Casualty[] = [];
  const show = (out: Finding[]): void => {
    if (upgraded.length > 0) for (const upgrade of upgraded.splice(0)) out.push({ kind: 'upgrade', upgrade });
    if (roundsOver.length > 0) for (const round of roundsOver.splice(0)) out.push({ kind: 'round', round });
    if (fallen.length > 0) for (const casualty of fallen.splice(0)) out.push({ kind: 'casualty', casualty });
    if (shown.length > 0) for (const symptom of shown.splice(0)) out.push({ kind: 'symptom', symptom });
  };

  const identify = (known: Identities, at: number, out: Finding[]): void => {
    const finding = out[at];
    if (finding?.kind !== 'call') return;
    const { facts, identitySource } = known.complete(finding.call);
    // Copied once, and then filled in: it is done for every call.
    const call: CompletedCall = { ...finding.call, facts, identitySource };
    kubelets.saw(call);
    const { operation, found } = pods.ended(call, known);
    call.operation = operation;
    call.round = rounds.ended(call, operation);
    out[at] = { kind: 'call', call };
    for (const one of found) out.push({ kind: 'operation', operation: one });
  };

  const countCaller = (at: number, out: Finding[]): void => {
    const finding = out[at];
    const seen = finding?.kind === 'call' ? census.add(finding.call) : null;
    if (seen !== null) out.push({ kind: 'caller', seen });
  };

  const decided = (negotiation: Negotiation, out: Finding[]): void => {
    out.push({ kind: 'negotiation', negotiation });
    upgrades.negotiated(negotiation, upgraded);
  };

  /** What the call found at `at` says about the choice of an API version. */
  const negotiate = (at: number, out: Finding[]): void => {
    const finding = out[at];
    if (finding?.kind !== 'call') return;
    if (finding.call.revision > 0) {
      const revealed = finding.call.methodSource === 'inferred' ? negotiations.revealed(finding.call) : null;
      if (revealed !== null) decided(revealed, out);
      return;
    }
    const { isProbe, loop, found } = negotiations.ended(finding.call);
    if (isProbe) out[at] = { kind: 'call', call: { ...finding.call, isProbe, loop } };
    if (found !== null) decided(found, out);
    upgrades.ended(finding.call, upgraded);
  };

  return {
    identitiesOf: (endpoint) => identities.of(endpoint),
    opened(connection, joined, at, out) {
      negotiations.opened(connection, joined);
      upgrades.opened(connection, at, upgraded);
      show(out);
    },
    refused(connection, at, out) {
      upgrades.refused(connection, at, upgraded);
      show(out);
    },
    closed(connection, at, out) {
      for (const negotiation of negotiations.closed(connection, at)) decided(negotiation, out);
      show(out);
    },
    began({ connection, endpoint, client }, { stream, path, start }, likelyRpc) {
      if (start === null) return;
      const rpc = typeof path === 'string' ? (findMethod(path)?.rpc ?? null) : likelyRpc(stream);
      rounds.began({ connection, stream, rpc, start: start.sentAt ?? start.at }, client, endpoint);
    },
    message({ connection, stream, known }, rpc, request, response) {
      known.learn(rpc, request, response);
      if (response !== null || request === null || !isPodCall(rpc)) return;
      const pod = known.podOfRequest(request);
      if (pod !== null) pods.began(connection, stream, pod);
    },
    told(known, from, out) {
      const until = out.length;
      if (until === from) return;
      identify(known, from, out);
      negotiate(from, out);
      countCaller(from, out);
      const finding = out[from];
      if (finding?.kind === 'call') symptoms.ended(finding.call, shown);
      for (let at = from + 1; at < until; at++) {
        identify(known, at, out);
        negotiate(at, out);
        countCaller(at, out);
      }
      show(out);
    },
    grpc: symptoms.grpc,
    kernel(event, at, out) {
      casualties.event(event, at, fallen);
      show(out);
    },
    tick(now, out) {
      rounds.tick(now, roundsOver);
      symptoms.tick(now, shown);
      casualties.tick(now, fallen);
      show(out);
    },
    finish(out) {
      rounds.finish(roundsOver);
      symptoms.finish(shown);
      upgrades.finish(upgraded);
      show(out);
      for (const operation of pods.finish()) out.push({ kind: 'operation', operation });
      for (const negotiation of negotiations.finish()) out.push({ kind: 'negotiation', negotiation });
      for (const seen of census.finish()) out.push({ kind: 'caller', seen });
    },
    callers: census.result,
  };
};
