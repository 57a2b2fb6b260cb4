import type { Call } from '../call.ts';
import { processKey } from '../caller.ts';
import { asEvidence, type FeatureFallback, type Symptom } from '../unreturned/symptom.ts';
import { type Feature, featureOf, twinsOf } from './features.ts';

export interface FallbackLimits {
  /** Features of callers followed at once; the one refused longest ago is forgotten first. */
  readonly maxFallbacks: number;
}

export const defaultFallbackLimits: FallbackLimits = { maxFallbacks: 1024 };

/** Methods that a runtime refuses, by caller, and what the caller does then. */
export interface Fallbacks {
  ended(call: Call, out: Symptom[]): void;
}

interface State {
  readonly feature: Feature;
  readonly first: Call;
  last: Call;
  count: number;
  /** The twin was called since the last refusal. */
  twinSince: boolean;
  instead: string | null;
  sticky: boolean | null;
  revision: number;
}

const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;

const explain = ({ feature, count, instead, sticky, last }: State): string => {
  const who = last.caller.comm ?? 'the client';
  const then =
    instead === null
      ? feature.consequence
      : sticky === false
        ? `${who} asks for it each time and then uses ${instead}`
        : `${who} uses ${instead} instead${sticky === true ? ', and does not ask again until it is restarted' : ''}`;
  return `The runtime refuses ${feature.rpc} (${last.result.status ?? last.result.outcome}, ${count}x): ${then}; ${feature.advice}`;
};

export const createFallbacks = (limits: FallbackLimits = defaultFallbackLimits): Fallbacks => {
  const states = new Map<string, State>();

  const keyOf = ({ endpoint, caller, connection }: Call, rpc: string): string =>
    `${rpc}\n${endpoint}\n${processKey(caller, connection)}`;

  const tell = (state: State, call: Call, out: Symptom[]): void => {
    state.revision += 1;
    const at = call.end ?? call.start ?? 0n;
    const symptom: FeatureFallback = {
      kind: 'feature_fallback',
      revision: state.revision,
      endpoint: call.endpoint,
      caller: state.first.caller,
      start: state.first.start ?? at,
      end: at,
      calls: [state.first],
      feature: state.feature.name,
      status: state.last.result.status,
      count: state.count,
      instead: state.instead,
      sticky: state.sticky,
      explanation: explain(state),
    };
    out.push(symptom);
  };

  const refused = (feature: Feature, call: Call, out: Symptom[]): void => {
    const key = keyOf(call, feature.rpc);
    const known = states.get(key);
    const state: State = known ?? {
      feature,
      first: asEvidence(call),
      last: call,
      count: 0,
      twinSince: false,
      instead: null,
      sticky: null,
      revision: -1,
    };
    const before = state.sticky;
    state.count += 1;
    state.last = asEvidence(call);
    if (state.twinSince) state.sticky = false;
    if (feature.triesUntilSticky !== null && state.count >= feature.triesUntilSticky) state.sticky = true;
    state.twinSince = false;
    states.delete(key);
    if (states.size >= limits.maxFallbacks) {
      const [oldest] = states.keys();
      if (oldest !== undefined) states.delete(oldest);
    }
    states.set(key, state);
    if (state.sticky !== before || isPowerOfTwo(state.count)) tell(state, call, out);
  };

  const twinCalled = (feature: Feature, call: Call, out: Symptom[]): void => {
    const state = states.get(keyOf(call, feature.rpc));
    if (state === undefined || (call.start ?? 0n) < (state.last.end ?? 0n)) return;
    const again = state.twinSince;
    state.twinSince = true;
    if (state.instead === null) {
      state.instead = call.rpc;
      tell(state, call, out);
    } else if (again && state.sticky === null) {
      // Twice in a row without asking for the feature in between.
      state.sticky = true;
      tell(state, call, out);
    }
  };

  return {
    ended(call, out) {
      if (call.rpc === null || call.service === null || call.revision > 0) return;
      const feature = featureOf(call.rpc);
      if (feature !== null) {
        if (feature.isRefused(call)) refused(feature, call, out);
        else if (call.result.status === 'OK') states.delete(keyOf(call, call.rpc));
      }
      // Nothing is refused on most nodes.
      if (states.size === 0) return;
      for (const twin of twinsOf(call.rpc)) twinCalled(twin, call, out);
    },
  };
};
