import type { Nanos } from '../../foundation/time.ts';
import type { ConnectionFacts } from '../assemble.ts';
import type { Call } from '../call.ts';
import { type Caller, processKey } from '../caller.ts';
import { answerOf, isProbe } from './answer.ts';
import { changeOf } from './change.ts';
import { explain } from './explain.ts';
import type { Negotiation } from './finding.ts';
import { type CrashLoop, createPredecessors } from './predecessors.ts';
import {
  type ApiVersion,
  type CriService,
  createEvidence,
  type Evidence,
  type Probe,
  type Verdict,
  verdictOf,
} from './verdict.ts';

export interface NegotiationLimits {
  /** Processes followed at once; beyond it the one that was heard of longest ago is forgotten. */
  readonly maxProcesses: number;
  /** Those of them without a connection: each command of crictl leaves one. */
  readonly maxGone: number;
}

export const defaultNegotiationLimits: NegotiationLimits = { maxProcesses: 4096, maxGone: 512 };

export interface NegotiationCounters {
  verdicts: number;
  /** Verdicts that replaced an earlier one of the same process. */
  revised: number;
  processesForgotten: number;
}

export const createNegotiationCounters = (): NegotiationCounters => ({
  verdicts: 0,
  revised: 0,
  processesForgotten: 0,
});

interface Process {
  readonly connections: Set<number>;
  /** It had a connection before the observer came: it chose then, and begins new ones with whatever is due. */
  wasThere: boolean;
  /** By service and endpoint. */
  readonly negotiations: Map<string, State>;
}

/** A connection's process, and what that negotiates at its endpoint. */
interface Heard {
  readonly key: string;
  readonly process: Process;
  readonly states: Map<CriService, State>;
}

interface State {
  readonly caller: Caller;
  readonly endpoint: string;
  readonly service: CriService;
  readonly start: Nanos;
  readonly evidence: Evidence;
  readonly probes: Probe[];
  /** Connections on which this service was called already. */
  readonly heardOn: Set<number>;
  /** Calls to the service were recognised, and nothing told their version. */
  unversioned: boolean;
  /** The deciding call's path was not seen. */
  inferred: boolean;
  verdict: Verdict | null;
  revision: number;
  connection: number;
  at: Nanos;
  version: ApiVersion | null;
  loop: CrashLoop | null;
}

/** Follows the choice of an API version by every caller process, from ended calls and from its connections. */
export interface Negotiations {
  opened(connection: ConnectionFacts, joined: boolean): void;
  ended(call: Call): {
    readonly isProbe: boolean;
    /** Of a probe: the crash loop that it is one more turn of. */
    readonly loop: CrashLoop | null;
    readonly found: Negotiation | null;
  };
  /** An ended call is told anew under a method, or a version, that was not known of it before. */
  revealed(call: Call): Negotiation | null;
  closed(connection: ConnectionFacts, at: Nanos): readonly Negotiation[];
  /** The input ended: what was tried and not decided. */
  finish(): readonly Negotiation[];
}

export const createNegotiations = (
  counters: NegotiationCounters,
  limits: NegotiationLimits = defaultNegotiationLimits,
): Negotiations => {
  const processes = new Map<string, Process>();
  /** Processes without a connection, which may come back; the one that went longest ago is forgotten first. */
  const gone = new Set<string>();
  /** By connection: the same for all its calls. */
  const heard = new Map<number, Heard>();
  const predecessors = createPredecessors(limits.maxProcesses);

  const processOf = (key: string): Process => {
    const known = processes.get(key);
    if (known !== undefined) return known;
    if (processes.size >= limits.maxProcesses) {
      const [oldest] = processes;
      if (oldest !== undefined) {
        processes.delete(oldest[0]);
        gone.delete(oldest[0]);
        for (const connection of oldest[1].connections) heard.delete(connection);
      }
      counters.processesForgotten += 1;
    }
    const process: Process = { connections: new Set(), wasThere: false, negotiations: new Map() };
    processes.set(key, process);
    return process;
  };

  const goes = (key: string): void => {
    gone.delete(key);
    gone.add(key);
    const [first] = gone;
    if (gone.size <= limits.maxGone || first === undefined) return;
    gone.delete(first);
    processes.delete(first);
    counters.processesForgotten += 1;
  };

  const heardOf = ({ connection, caller }: Pick<Call, 'connection' | 'caller'>): Heard => {
    const known = heard.get(connection);
    if (known !== undefined) return known;
    const key = processKey(caller, connection);
    const fresh: Heard = { key, process: processOf(key), states: new Map() };
    // Of others it is not told when they go.
    if (fresh.process.connections.has(connection)) heard.set(connection, fresh);
    return fresh;
  };

  const stateOf = ({ process, states }: Heard, call: Call, service: CriService): State => {
    const known = states.get(service) ?? findState(process, call, service);
    states.set(service, known);
    return known;
  };

  const findState = (process: Process, call: Call, service: CriService): State => {
    const key = `${service} ${call.endpoint}`;
    const known = process.negotiations.get(key);
    if (known !== undefined) return known;
    const at = call.start ?? call.end ?? 0n;
    const state: State = {
      caller: call.caller,
      endpoint: call.endpoint,
      service,
      start: at,
      evidence: createEvidence(),
      probes: [],
      heardOn: new Set(),
      unversioned: false,
      inferred: false,
      verdict: null,
      revision: -1,
      connection: call.connection,
      at,
      version: null,
      loop: null,
    };
    process.negotiations.set(key, state);
    return state;
  };

  const mayHaveTried = (process: Process, endpoint: string): void => {
    for (const state of process.negotiations.values())
      if (state.endpoint === endpoint) state.evidence.unread = true;
  };

  const tell = (key: string, state: State, verdict: Verdict): Negotiation => {
    const toldBefore = state.verdict;
    state.verdict = verdict;
    state.revision += 1;
    counters.verdicts += 1;
    if (state.revision > 0) counters.revised += 1;
    const { pid, pidStart } = state.caller;
    const ref = { pid, pidStart, connection: state.connection, revision: state.revision };
    const { previous, count, predecessor } = predecessors.record(key, state, verdict, ref);
    const told = {
      endpoint: state.endpoint,
      service: state.service,
      caller: state.caller,
      probes: [...state.probes],
      verdict,
      inferred:
        state.inferred || (verdict === 'version_refused_after_upgrade' && state.evidence.served.size === 0),
      version: verdict === 'undetermined' || verdict === 'gave_up' ? null : state.version,
      previous,
      count,
      change: changeOf(verdict, previous, toldBefore),
      predecessor,
      loop: state.loop,
    };
    return {
      ...told,
      connection: state.connection,
      revision: state.revision,
      start: state.start,
      end: state.at,
      explanation: explain(told),
    };
  };

  /** The finding, if the evidence now says something else than was told last. */
  const decide = (key: string, state: State): Negotiation | null => {
    const verdict = verdictOf(state.evidence);
    if (verdict === 'undetermined' || verdict === state.verdict) return null;
    return tell(key, state, verdict);
  };

  const learn = (key: string, state: State, call: Call, version: ApiVersion, wasThere: boolean): void => {
    const { evidence } = state;
    const firstOfService = !wasThere && !state.heardOn.has(call.connection);
    state.heardOn.add(call.connection);
    const probe = isProbe(call, firstOfService);
    const first = answerOf(call, probe);
    // Behind a refused v1 whatever is answered on v1alpha2 but "unknown service" is the fallback, be it the check that fails.
    const isFallback =
      version === 'v1alpha2' && evidence.refused.has('v1') && call.result.statusCode !== null;
    const answer = first === 'failed' && isFallback ? 'served' : first;
    if (!evidence.tried.has(version)) {
      evidence.tried.add(version);
      state.probes.push({
        method: call.method ?? '',
        status: call.result.status,
        at: call.start ?? state.at,
      });
    }
    if (answer === 'failed') evidence.failed = true;
    const isInVain = answer === 'refused' || answer === 'failed';
    if (isInVain && evidence.served.size === 0) state.loop ??= predecessors.loopOf(key, state);
    if (answer === 'silent' || answer === 'failed') return;
    if (answer === 'used' && evidence.refused.has(version)) return;
    state.connection = call.connection;
    state.at = call.end ?? state.at;
    state.version = version;
    state.inferred = call.methodSource === 'inferred';
    if (answer !== 'refused') {
      evidence.served.add(version);
      evidence.refused.delete(version);
      evidence.takenForGranted = false;
      return;
    }
    evidence.refused.add(version);
    // v1alpha2 behind a refused v1 is the fallback; without one, only a start-up check asks for it.
    const asks = version === 'v1' ? probe : evidence.tried.has('v1') || call.rpc === 'Version';
    if (!asks) evidence.takenForGranted = true;
  };

  return {
    opened({ connection, client }, joined) {
      const key = processKey(client, connection);
      const process = processOf(key);
      gone.delete(key);
      process.connections.add(connection);
      if (joined) process.wasThere = true;
      for (const state of process.negotiations.values()) state.evidence.gone = false;
    },
    ended(call) {
      const { service, apiVersion } = call;
      if (service === null || call.rpc === null) {
        if (call.methodSource !== 'read') mayHaveTried(heardOf(call).process, call.endpoint);
        return { isProbe: false, loop: null, found: null };
      }
      const heard = heardOf(call);
      const { key, process } = heard;
      const state = stateOf(heard, call, service);
      if (apiVersion === null) {
        state.unversioned = true;
        state.evidence.unread = true;
        return { isProbe: false, loop: null, found: null };
      }
      const isProbe = !process.wasThere && !state.evidence.tried.has(apiVersion);
      learn(key, state, call, apiVersion, process.wasThere);
      return { isProbe, loop: isProbe ? state.loop : null, found: decide(key, state) };
    },
    revealed(call) {
      const { service, apiVersion } = call;
      if (service === null || call.rpc === null) return null;
      const heard = heardOf(call);
      const { key } = heard;
      const state = stateOf(heard, call, service);
      state.unversioned = true;
      // Later calls have told it by now.
      if (apiVersion === null || state.evidence.tried.has(apiVersion)) return null;
      learn(key, state, call, apiVersion, true);
      return decide(key, state);
    },
    closed({ connection, client }, at) {
      heard.delete(connection);
      const key = processKey(client, connection);
      const process = processes.get(key);
      if (process === undefined) return [];
      process.connections.delete(connection);
      const found: Negotiation[] = [];
      for (const state of process.negotiations.values()) {
        state.heardOn.delete(connection);
        if (process.connections.size > 0) continue;
        state.evidence.gone = true;
        const before = state.at;
        state.at = at;
        const decided = decide(key, state);
        if (decided === null) state.at = before;
        else found.push(decided);
      }
      if (process.connections.size === 0) goes(key);
      return found;
    },
    finish() {
      const found: Negotiation[] = [];
      for (const [key, process] of processes) {
        for (const state of process.negotiations.values()) {
          if (state.verdict !== null || (state.probes.length === 0 && !state.unversioned)) continue;
          found.push(tell(key, state, 'undetermined'));
        }
      }
      return found;
    },
  };
};
