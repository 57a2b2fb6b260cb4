import type { Call } from './calls/call.ts';
import { findMethod } from './cri/methods.ts';
import type { SpansOf } from './observe.ts';
import type { ObservationMode } from './spans/call-attributes.ts';
import { spansOfCall } from './spans/call-spans.ts';
import { spansOfCasualty } from './spans/casualty-spans.ts';
import { spansOfConnection } from './spans/connection-spans.ts';
import type { HostFacts } from './spans/host.ts';
import { createIds } from './spans/ids.ts';
import { spansOfKernel } from './spans/kernel-spans.ts';
import { defaultSpanLimits, type SpanCounters } from './spans/limits.ts';
import { negotiationParentOf, spansOfNegotiation } from './spans/negotiation-spans.ts';
import { operationLinksOf, operationParentOf } from './spans/pod-ids.ts';
import { spansOfOperation } from './spans/pod-spans.ts';
import { createResourceBook } from './spans/resources.ts';
import { createRoundIds } from './spans/round-ids.ts';
import { spansOfRound } from './spans/round-spans.ts';
import { spansOfSymptom } from './spans/symptom-spans.ts';
import { spansOfUpgrade } from './spans/upgrade-spans.ts';
import { createValueNames } from './spans/value-names.ts';

export interface CallSpansOptions {
  /** Of the source: span ids are derived from it. */
  readonly identity: string;
  /** The same object for as long as nothing of it changes; read whenever spans are made. */
  readonly host: HostFacts;
  readonly mode: ObservationMode;
  readonly version: string;
  readonly counters: SpanCounters;
}

/** How the findings of one source become spans. */
export const createCallSpans = (options: CallSpansOptions): SpansOf => {
  const { identity, mode, version, counters } = options;
  const ids = createIds(identity);
  const rounds = createRoundIds(ids);
  const context = {
    identity,
    ids,
    mode,
    valueName: createValueNames(),
    counters,
    resources: createResourceBook(() => options.host, version, defaultSpanLimits, counters),
    recognises: (method: string) => findMethod(method) !== null,
    parentOf: (call: Call) =>
      negotiationParentOf(identity, call) ?? operationParentOf(call) ?? rounds.parentOf(call),
    linksOf(call: Call, hasOwnTrace: boolean) {
      const links = operationLinksOf(call, hasOwnTrace);
      if (call.round === null || !(hasOwnTrace || call.isProbe)) return links;
      return [...links, ...rounds.linksOf(call)];
    },
  };
  const whileInputLasts = { ...context, endOfInput: null };
  return (finding, endOfInput) => {
    switch (finding.kind) {
      case 'call':
        return spansOfCall(finding.call, endOfInput === null ? whileInputLasts : { ...context, endOfInput });
      case 'negotiation':
        return spansOfNegotiation(finding.negotiation, identity, context.resources);
      case 'operation':
        return spansOfOperation(finding.operation, context);
      case 'round':
        return spansOfRound(finding.round, rounds, context.resources);
      case 'upgrade':
        return spansOfUpgrade(finding.upgrade, identity, context.resources, endOfInput !== null);
      case 'symptom':
        return spansOfSymptom(finding.symptom, context);
      case 'casualty':
        return spansOfCasualty(finding.casualty, identity, context.resources);
      case 'kernel':
        return spansOfKernel(finding.call, finding.story, { ...context, endOfInput });
      case 'connection':
        return spansOfConnection(finding.connection, identity, context.resources);
      case 'caller':
        return [];
    }
  };
};
